import * as tf from '@tensorflow/tfjs-core';
import {rawOp} from './raw.js';

/**
 * min(max(x, 0), 1). No gradient outside, nor at exactly 0 or 1, as in PyTorch 2. Any shape. NaN
 * stays NaN.
 */
export const clamp01: <T extends tf.Tensor>(x: T) => T = tf.customGrad((x, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor]);
  return {
    value: rawOp('Minimum', [rawOp('Maximum', [x as tf.Tensor, tf.scalar(0)]), tf.scalar(1)]),
    // ReluGrad(g, f) is g where f > 0, else 0.
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const aboveZero = rawOp('ReluGrad', [dy, saved[0]!]);
      return rawOp('ReluGrad', [aboveZero, rawOp('Sub', [tf.scalar(1), saved[0]!])]);
    },
  };
}) as <T extends tf.Tensor>(x: T) => T;
