import {conformance} from '@rife-train/testing';
import {curriculum} from '../index.js';

/** Two blocks are enough for it. Beside the other plugins it trains in test/conformance. */
const SMALL = {
  config: {model: {name: 'Tiny', scales: [2, 1], widths: [5, 4]}},
  official: false,
};

// Each range ends as soon as it may, so that moves, weights and rehearsal all take place within a
// few steps.
conformance(
  () =>
    curriculum({
      lossDriven: {
        ranges: [
          [1, 1],
          [1, 2],
          [2, 4],
        ],
        window: 2,
        maxSteps: 1,
      },
      rehearsal: {share: 0.3, gaps: [1, 1]},
      lossWeights: {mode: 'inverse', minSamples: 1},
      memory: 3,
    }),
  {factory: curriculum, ...SMALL},
);

conformance(
  () =>
    curriculum({
      from: [1, 1],
      to: [1, 4],
      over: [0, 1],
      balance: 'triplets',
      lossWeights: {mode: 'uncertainty', minSamples: 1, rate: 0.5},
    }),
  {
    name: 'conformance of learned weights',
    only: ['captured equals eager', 'resumes exactly', 'a rollback restores its state', 'leaks nothing'],
    ...SMALL,
  },
);
