/** Interventions: each removes one suspect and leaves everything else unchanged. */
import {definePlugin} from '@rife-train/core';
import {gainOf, limitGain} from '@rife-train/plugin-gainlimit';
import * as tf from '@tensorflow/tfjs-core';
import {layersOf} from './gain.mjs';

const BLOCKS = ['block0', 'block1', 'block2', 'block_tea'];
/** The layers between a block's first convolution and its flow: those whose gain grows. */
const INNER = new Set(BLOCKS.flatMap(block => layersOf(block).slice(1, -1)));

/**
 * Limits the gain of an inner layer to `limit`: of a new kernel only the excess of its largest
 * singular value (for a constant image) is removed, in that one direction.
 */
export const heldGain = limit => (variable, value) =>
  INNER.has(variable) ? limitGain(value, gainOf(value), tf.scalar(limit)) : value;

/**
 * Blocks after the first never see the previous flow: the four weights per output that read it stay
 * 0.
 */
export const blindToFlow = (variable, value) => {
  const block = BLOCKS.slice(1).find(name => variable === `${name}.conv0.0.0.weight`);
  if (!block) return value;
  const [height, width, inputs, outputs] = value.shape;
  const kept = tf.slice(value, [0, 0, 0, 0], [height, width, inputs - 4, outputs]);
  return tf.concat([kept, tf.zeros([height, width, 4, outputs])], 2);
};

/**
 * A flow beyond the image is pulled back: mean over pixels of (|flow| - side)^2 where |flow|
 * exceeds the side, as a loss term.
 */
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

/** The gradient of some parts is 0: they keep their initial values, except for weight decay. */
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
