/** Singular values of a block's convolutions, and how its layers are aligned. */
import {activatedLayers, overTaps} from './chain.mjs';
import {dot, matrix, topOf} from './matrix.mjs';

const FLAT_ROUNDS = 12;

const squares = values => values.reduce((sum, entry) => sum + entry * entry, 0);

/** ‖W‖F² / σ² of a kernel [h,w,I,O] as the matrix [h w I, O]. */
function stableRank({values, shape: [height, width, inputs, outputs]}) {
  const {value} = topOf(matrix(values, height * width * inputs, outputs), FLAT_ROUNDS);
  return squares(values) / value ** 2;
}

/**
 * Of the inner layers of a block (conv0.1 to the last of convblock):
 * - gains: largest singular value of the kernel summed over its taps
 * - ranks: stable rank
 * - cosines: between a layer's largest direction at its output and the next one's at its input
 * - slopes: mean of the PReLU slopes
 */
export function spectraOf(weights, block) {
  const layers = activatedLayers(block).slice(1);
  const kernels = layers.map(name => weights(`${name}.0.weight`));
  const tops = kernels.map(kernel => topOf(overTaps(kernel)));
  const slopes = layers.map(name => weights(`${name}.1.weight`).values);
  return {
    gains: tops.map(({value}) => value),
    ranks: kernels.map(stableRank),
    cosines: tops.slice(1).map(({from}, l) => Math.abs(dot(tops[l].to, from))),
    slopes: slopes.map(values => values.reduce((a, b) => a + b, 0) / values.length),
  };
}

/** ‖ΔD‖₂ / σ(D) of each inner layer between two moments, D the kernel summed over its taps. */
export function changesOf(before, after, block) {
  return activatedLayers(block)
    .slice(1)
    .map(name => {
      const [old, now] = [before, after].map(weights => overTaps(weights(`${name}.0.weight`)));
      const change = now.values.map((entry, i) => entry - old.values[i]);
      return topOf(matrix(change, now.rows, now.columns), FLAT_ROUNDS).value / topOf(old).value;
    });
}
