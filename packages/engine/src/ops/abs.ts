import * as tf from '@tensorflow/tfjs-core';
import {rawOp} from './raw.js';

/**
 * Absolute value whose gradient is sign(x), so 0 at 0, as in PyTorch; tfjs's own is -1 there. Any
 * shape.
 */
export const abs: <T extends tf.Tensor>(x: T) => T = tf.customGrad((x, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor]);
  return {
    value: rawOp('Abs', [x as tf.Tensor]),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => rawOp('Mul', [dy, rawOp('Sign', [saved[0]!])]),
  };
}) as <T extends tf.Tensor>(x: T) => T;
