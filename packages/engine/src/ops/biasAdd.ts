import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {rawOp} from './raw.js';

const biasAddWithGradient = tf.customGrad((x, bias) => ({
  value: rawOp('BiasAdd', [x as tf.Tensor, bias as tf.Tensor]),
  gradFunc: (dy: tf.Tensor) => [tf.clone(dy), rawOp('BiasAddGrad', [dy])],
}));

/** @throws RIFE_ERR_ENGINE_OPS_SHAPE */
export function checkBias(x: tf.Tensor4D, bias: tf.Tensor1D): void {
  if (bias.rank !== 1 || bias.shape[0] !== x.shape[3]) {
    throw opShapeError('biasAdd', 'bias', bias.shape, `[${x.shape[3]}]`);
  }
}

/**
 * x + bias along the last axis. Uses TensorFlow's own kernel and its gradient, which are faster
 * than a broadcast addition with a general sum.
 * @param x [B,H,W,C]
 * @param bias [C]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function biasAdd(x: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  checkBias(x, bias);
  return biasAddWithGradient(x, bias) as tf.Tensor4D;
}
