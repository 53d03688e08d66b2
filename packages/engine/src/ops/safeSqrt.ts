import * as tf from '@tensorflow/tfjs-core';
import {rawOp} from './raw.js';

/**
 * Square root whose gradient is 0 where x is 0; elsewhere 1 / (2 sqrt(x)), as usual. Any shape.
 * The true slope at 0 is infinite, and `inf * 0` is the NaN of RIFE's distillation term.
 * NaN in gives NaN out, and a NaN gradient.
 */
export const safeSqrt: <T extends tf.Tensor>(x: T) => T = tf.customGrad((x, save) => {
  const root = rawOp('Sqrt', [x as tf.Tensor]);
  (save as tf.GradSaveFunc)([root]);
  return {
    value: root,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
      rawOp('DivNoNan', [rawOp('Mul', [dy, tf.scalar(0.5)]), saved[0]!]),
  };
}) as <T extends tf.Tensor>(x: T) => T;
