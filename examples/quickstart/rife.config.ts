/**
 * Full-size RIFE on four short clips of 256 x 256 pixels, in about two minutes on two CPU cores.
 * That is enough to see the loss fall: the network learns to blend the two images. Motion takes
 * thousands of steps more; a real run has larger crops and some 300,000 steps.
 */
import {curriculum} from '@rife-train/plugin-curriculum';
import {distill} from '@rife-train/plugin-distill';
import {gradClip} from '@rife-train/plugin-gradclip';
import {defineConfig} from 'rife-train';

export default defineConfig({
  data: {root: './clips', crop: 96, batch: 4, gaps: [1, 2]},
  steps: 400,
  out: '../../runs/quickstart',
  saveEvery: 100,
  previewEvery: 20, // the first one within seconds, even on slow cores
  optim: {learningRate: 3e-4, finalLearningRate: 3e-5, warmupSteps: 20},
  plugins: [
    // Small motion first: gap 2 joins in the second half.
    curriculum({
      stages: [
        {until: 0.5, gaps: [1, 1]},
        {until: 1, gaps: [1, 2]},
      ],
    }),
    // The teacher's flow means little at the start.
    distill({weight: ({fraction}) => 0.01 * Math.min(1, fraction / 0.2)}),
    gradClip({maxNorm: 1}),
  ],
});
