import {conformance} from '@rife-train/testing';
import {gainLimit} from '../index.js';

/** Two blocks are enough for it. Beside the other plugins it trains in test/conformance. */
const SMALL = {
  config: {model: {name: 'Tiny', scales: [2, 1], widths: [5, 4]}},
  official: false,
};

// All kernels of the tiny network, and limits that most of them exceed.
conformance(() => gainLimit({change: 0.005, limit: 0.2, layers: /conv\.weight$/}), {
  factory: gainLimit,
  ...SMALL,
});
