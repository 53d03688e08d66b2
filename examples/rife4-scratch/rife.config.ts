/**
 * RIFE 4.25 from random weights, by the author's recipe: crops of 384, mirrored batches, scales
 * that are drawn for each step, time calibration, AdamW with a decay of 1e-2, gradients clipped at
 * 1, a moving average of the weights, the terms ssim and encode. README.md lists what differs from
 * the author's training.
 */
import {ema} from '@rife-train/plugin-ema';
import {gradClip} from '@rife-train/plugin-gradclip';
import {recover} from '@rife-train/plugin-recover';
import {defineConfig} from 'rife-train';

export default defineConfig({
  // Half of each batch is mirrored copies.
  data: {root: './clips', crop: 384, batch: 16, mirror: true, gaps: [1, 8], timestep: 'any'},
  model: {
    name: 'RIFE4',
    version: '4.25',
    terms: {ssim: 0.1, encode: 0.1},
    // The other 40 % of the steps train with the version's own scales, 16 to 1.
    scaleLists: [
      {scales: [8, 4, 2, 2, 1], share: 0.3},
      {scales: [4, 4, 2, 2, 1], share: 0.3},
    ],
    timeCalibration: {}, // in 30 % of the steps
  },
  devices: 4,
  optim: {
    globalBatch: 64,
    learningRate: 2e-4,
    finalLearningRate: 1e-7,
    warmupSteps: 2000,
    weightDecay: 1e-2,
  },
  steps: 300_000,
  out: '../../runs/rife4-scratch',
  saveEvery: 1000,
  keep: {last: 3, every: 50_000},
  previewEvery: 1000,
  validateEvery: 5000,
  plugins: [
    gradClip({maxNorm: 1}),
    ema(), // decay 0.999: the average is the result, as in the author's training
    recover(),
  ],
});
