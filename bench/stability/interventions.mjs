/** Interventions: each removes one suspect and leaves everything else as it is. */
import {definePlugin} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {layersOf} from './gain.mjs';

const BLOCKS = ['block0', 'block1', 'block2', 'block_tea'];
/** The layers between a block's first convolution and its flow: those whose gain grows. */
const INNER = new Set(BLOCKS.flatMap(block => layersOf(block).slice(1, -1)));

const norm = x => tf.sqrt(tf.sum(tf.square(x)));

/** [1,inputs] -> its largest singular value and both vectors, for a kernel that was summed over its taps; traced. */
function topSingular(matrix, rounds = 8) {
  const inputs = matrix.shape[0];
  let x = tf.tensor2d(
    Float32Array.from({length: inputs}, (_, i) => Math.sin(i + 1)),
    [1, inputs],
  );
  x = tf.div(x, norm(x));
  let y;
  for (let round = 0; round < rounds; round++) {
    y = tf.matMul(x, matrix);
    y = tf.div(y, tf.maximum(norm(y), 1e-12));
    x = tf.matMul(y, matrix, false, true);
    x = tf.div(x, tf.maximum(norm(x), 1e-12));
  }
  const image = tf.matMul(x, matrix);
  const sigma = norm(image);
  return {sigma, x, y: tf.div(image, tf.maximum(sigma, 1e-12))};
}

/**
 * Holds what an inner layer amplifies at `limit`: of a new kernel only the excess of its largest singular value (for a constant image) is
 * taken off, in that one direction.
 */
export const heldGain = limit => (variable, value) => {
  if (!INNER.has(variable)) return value;
  const [height, width] = value.shape;
  const {sigma, x, y} = topSingular(tf.sum(value, [0, 1]));
  const excess = tf.relu(tf.sub(sigma, limit));
  const part = tf.mul(tf.matMul(x, y, true, false), tf.div(excess, height * width));
  return tf.sub(value, part);
};

/** Blocks behind the first never see the flow so far: the four weights per output that read it stay 0. */
export const blindToFlow = (variable, value) => {
  const block = BLOCKS.slice(1).find(name => variable === `${name}.conv0.0.0.weight`);
  if (!block) return value;
  const [height, width, inputs, outputs] = value.shape;
  const kept = tf.slice(value, [0, 0, 0, 0], [height, width, inputs - 4, outputs]);
  return tf.concat([kept, tf.zeros([height, width, 4, outputs])], 2);
};

/** A flow beyond the image is pulled back: mean over pixels of (|flow| - side)^2 where |flow| exceeds the side, as a loss term. */
export const borderPull = () =>
  definePlugin({
    name: 'bench:border',
    apply({hooks, config}) {
      const side = config.data.crop;
      let pulls = [];
      hooks.flow.tap('bench:border', (flow, {stage}, trace) => {
        if (stage === 0) pulls = [];
        if (trace.training) pulls.push(tf.mean(tf.relu(tf.sub(tf.abs(flow), side)), [1, 2, 3]));
        return flow;
      });
      hooks.afterLoss.tap('bench:border', ({terms, weights}) => ({
        terms: {...terms, border: tf.addN(pulls)},
        weights: {...weights, border: 0.01},
      }));
    },
  });

/** The gradient of some parts is 0: they stay as they began, but for weight decay. */
export const frozen =
  (...parts) =>
  () =>
    definePlugin({
      name: 'bench:frozen',
      apply({hooks}) {
        hooks.gradients.tap('bench:frozen', gradients =>
          Object.fromEntries(
            Object.entries(gradients).map(([name, g]) => [
              name,
              parts.includes(name.split('.')[0]) ? tf.zerosLike(g) : g,
            ]),
          ),
        );
      },
    });
