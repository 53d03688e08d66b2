import type * as tf from '@tensorflow/tfjs-core';
import {rawOp} from './raw.js';

/**
 * The same values without their history: no gradient flows back through the result. Any shape,
 * float32.
 * Not even a zero gradient is made. `tf.grad` therefore rejects a function whose result depends
 * only on `stopGradient(x)`, as not depending on x.
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return rawOp<T>('Identity', [x]);
}
