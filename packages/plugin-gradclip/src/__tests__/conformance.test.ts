import {conformance} from '@rife-train/testing';
import {gradClip, type GradClipOptions} from '../index.js';

// Statistics, and clipping in most steps.
conformance(() => gradClip({mode: 'zclip', warmupSteps: 2, warmupMaxNorm: 0.1, threshold: 0.5}), {
  factory: gradClip,
  name: 'zclip',
});

describe.each<GradClipOptions>([
  {maxNorm: 0.05},
  {mode: 'value', maxValue: 1e-3},
  {mode: 'adaptive', ratio: 1e-3},
  {mode: 'autoclip', percentile: 30, history: 3},
])('%j', options => {
  conformance(() => gradClip(options), {
    name: 'conformance',
    only: [
      'captured equals eager',
      'resumes exactly',
      'keeps NaN visible in the loss',
      'keeps NaN visible in the gradients',
    ],
  });
});
