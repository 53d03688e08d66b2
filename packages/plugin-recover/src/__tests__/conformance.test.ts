import {conformance} from '@rife-train/testing';
import {recover} from '../index.js';

/** Two blocks are enough for it. Beside the other plugins it trains in test/conformance. */
const SMALL = {
  config: {model: {name: 'Tiny', scales: [2, 1], widths: [5, 4]}},
  official: false,
};

// No scores within these few steps: one of four values near each other would show how captured and
// eager round.
conformance(() => recover({every: 2, probation: 1}), {factory: recover, ...SMALL});
