import type * as tf from '@tensorflow/tfjs-core';
import {rawOp} from './raw.js';

/**
 * The same values, cut off from what they were computed from: no gradient flows back through the result.
 * Any shape, float32. Not even a zero gradient is made, so a function whose result hangs on nothing but
 * `stopGradient(x)` is refused by `tf.grad` as not depending on x.
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return rawOp<T>('Identity', [x]);
}
