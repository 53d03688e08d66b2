/**
 * Full-size RIFE on four short clips of 256 x 256 pixels, in about two minutes on two CPU cores. Enough to see the loss fall and
 * motion appear in the preview; a real run has larger crops, larger batches and some 300,000 steps.
 */
import {curriculum} from '@rife-train/plugin-curriculum';
import {distill} from '@rife-train/plugin-distill';
import {gradClip} from '@rife-train/plugin-gradclip';
import {defineConfig} from 'rife-train';

export default defineConfig({
  data: {root: './clips', crop: 96, batch: 4, gaps: [1, 4]},
  steps: 300,
  out: '../../runs/quickstart',
  saveEvery: 50,
  previewEvery: 50,
  optim: {learningRate: 3e-4, finalLearningRate: 3e-5, warmupSteps: 30},
  plugins: [
    // Small motion first: large gaps come in over the first half.
    curriculum({from: [1, 1], to: [1, 4]}),
    // The teacher's flow means little at the start.
    distill({weight: ({fraction}) => 0.01 * Math.min(1, fraction / 0.2)}),
    gradClip({maxNorm: 1}),
  ],
});
