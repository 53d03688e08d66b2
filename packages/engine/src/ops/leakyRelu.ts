import * as tf from '@tensorflow/tfjs-core';
import {rawOp, type RawAttr} from './raw.js';

const attrs = (alpha: number): Record<string, RawAttr> => ({T: {type: 'float32'}, alpha: {float: alpha}});

/**
 * x where x > 0, else alpha * x; at x = 0 the gradient is alpha, as in PyTorch. Any shape. NaN
 * stays NaN.
 *
 * @param alpha slope below 0, 0 or more
 */
export function leakyRelu<T extends tf.Tensor>(x: T, alpha: number): T {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: rawOp('LeakyRelu', [input as tf.Tensor], attrs(alpha)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => rawOp('LeakyReluGrad', [dy, saved[0]!], attrs(alpha)),
    };
  })(x) as T;
}
