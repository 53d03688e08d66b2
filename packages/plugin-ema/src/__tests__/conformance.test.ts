import {conformance} from '@rife-train/testing';
import {ema} from '../index.js';

/** Two blocks are enough for it. Beside the other plugins it trains in test/conformance. */
const SMALL = {
  config: {model: {name: 'Tiny', scales: [2, 1], widths: [5, 4], norm: 'batch' as const}},
  official: false,
};

// An average that moves visibly within a few steps, and a decay that changes at each of them.
conformance(() => ema({decay: 0.3, warmup: true}), {factory: ema, ...SMALL});
