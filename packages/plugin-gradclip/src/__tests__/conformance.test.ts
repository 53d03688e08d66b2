import {conformance, type CheckName} from '@rife-train/testing';
import {gradClip, type GradClipOptions} from '../index.js';

/** Two blocks are enough for it. Beside the other plugins it trains in test/conformance. */
const SMALL = {
  config: {model: {name: 'Tiny', scales: [2, 1], widths: [5, 4]}},
  official: false,
};

// Statistics, and clipping in most steps.
conformance(() => gradClip({mode: 'zclip', warmupSteps: 2, warmupMaxNorm: 0.1, threshold: 0.5}), {
  factory: gradClip,
  name: 'zclip',
  ...SMALL,
});

describe.each<GradClipOptions>([
  {maxNorm: 0.05},
  {mode: 'value', maxValue: 1e-3},
  {mode: 'adaptive', ratio: 1e-3},
  {mode: 'autoclip', percentile: 30, history: 3},
])('%j', options => {
  const only: CheckName[] = ['captured equals eager', 'keeps NaN visible in the gradients'];
  conformance(() => gradClip(options), {
    only: options.mode === 'autoclip' ? [...only, 'resumes exactly'] : only,
    ...SMALL,
  });
});
