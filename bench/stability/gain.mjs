/**
 * How much a block can amplify its input. A block is ten convolutions and a transposed one without
 * normalisation, so its output grows with the product of their gains.
 */
import {activatedLayers, overTaps} from './anatomy/chain.mjs';
import {topOf} from './anatomy/matrix.mjs';

/** Layers of a block, from its input to its flow, by the names of their weights. */
export const layersOf = block => [
  ...activatedLayers(block).map(name => `${name}.0.weight`),
  `${block}.lastconv.weight`,
];

/**
 * Largest singular value of each layer for a constant image, of kernels in the program's layout.
 */
export const gainsOf = kernels => kernels.map(kernel => topOf(overTaps(kernel)).value);
