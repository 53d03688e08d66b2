/**
 * RIFE on X-TRAIN: IFNet_m on crops of 512 with gaps of 1 to 32 frames, 64 triplets an update on
 * four GPUs of 80 GB. Published recipe where there is one (RIFE's train.py), and what
 * docs/stability.md found to keep such a run alive. README.md says how to get the clips and what to
 * change for smaller GPUs.
 */
import {curriculum} from '@rife-train/plugin-curriculum';
import {distill} from '@rife-train/plugin-distill';
import {flowNorm} from '@rife-train/plugin-flownorm';
import {gainLimit} from '@rife-train/plugin-gainlimit';
import {gradClip} from '@rife-train/plugin-gradclip';
import {multiscale} from '@rife-train/plugin-multiscale';
import {recover} from '@rife-train/plugin-recover';
import {defineConfig} from 'rife-train';

/**
 * 762 updates of 64. Of 4.5 million triplets at the middle alone a pass would take 70,528; RIFE's
 * epochs on Vimeo90K have as many samples.
 */
const EPOCH = 48_768;
const GLOBAL_BATCH = 64;

export default defineConfig({
  data: {
    root: './x-train',
    layout: 'x-train',
    crop: 512,
    batch: 16, // of each GPU; 24 GB: batch 4, and globalBatch makes it four micro-steps
    gaps: [1, 32],
    timestep: 'any', // every frame between the inputs, not the middle alone
    epoch: EPOCH,
    prefetch: 3, // 38 MB a batch
    onBadClip: 'skip', // one damaged file of 4,408 must not end a run of days
    maxBadShare: 0.01,
  },
  model: {name: 'IFNet_m'},
  devices: 4,
  optim: {
    globalBatch: GLOBAL_BATCH,
    learningRate: 3e-4,
    finalLearningRate: 3e-6,
    warmupSteps: 2000,
    weightDecay: 1e-3,
    scaleWithDevices: true, // 1 for four devices, as in train.py
  },
  steps: (300 * EPOCH) / GLOBAL_BATCH,
  out: '../../runs/xtrain-4gpu',
  saveEvery: 762, // each epoch, as train.py does
  keep: {last: 3, every: 38_100}, // and every 50th for good
  previewEvery: 762,
  plugins: [
    // Two coarser stages: a gap of 32 moves things by a hundred pixels and more, which are two
    // cells of a crop of 512 at scale 16.
    multiscale({stages: [16, 8], fusion: true, receptiveField: 'dilated'}),
    // Small motion first. Balanced over triplets: longer gaps are drawn as they occur, a tenth of
    // the samples stays at gaps 1 to 4.
    curriculum({
      from: [1, 2],
      to: [1, 32],
      over: [0.02, 0.5],
      balance: 'triplets',
      rehearsal: {share: 0.1, gaps: [1, 4]},
    }),
    // The term is a distance in pixels, and IFNet_m's weight of 0.005 was chosen for neighbours:
    // larger motion counts as a share of itself. Fresh teachers know little.
    distill({schedule: {from: 0.0005, to: 0.005, over: [0, 0.1], shape: 'cosine'}, adapt: {flow: 8}}),
    // Outliers alone; a blow-up it does not stop.
    gradClip({mode: 'zclip', maxNorm: 5}),
    // What a blow-up begins with: updates that change a layer by more than a few percent
    // (docs/stability.md). Once the gains have grown, in the first thousands of steps, it rests.
    gainLimit(),
    // Warns before the flow leaves the image. No bound: with one a run that is lost looks alive.
    flowNorm({watch: {share: 1}}),
    // And goes back if something happens all the same.
    recover({every: 100, keep: 3}),
  ],
});
