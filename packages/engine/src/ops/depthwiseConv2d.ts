import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {biasAdd} from './biasAdd.js';
import {checkNhwc} from './raw.js';

/**
 * PyTorch's Conv2d(kernel K, padding (K - 1) / 2, groups C, bias) for odd K: each channel with a
 * kernel of its own; the size stays.
 *
 * @param x [B,H,W,C]
 * @param weight [K,K,C,1]
 * @param bias [C]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function depthwiseConv2d(x: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  checkNhwc('depthwiseConv2d', 'x', x);
  const [kh, kw, channels, multiplier] = weight.shape;
  const isOddSquare = weight.rank === 4 && kh === kw && kh % 2 === 1;
  if (!isOddSquare || channels !== x.shape[3] || multiplier !== 1) {
    throw opShapeError('depthwiseConv2d', 'weight', weight.shape, `[K, K, ${x.shape[3]}, 1] with an odd K`);
  }
  return biasAdd(tf.depthwiseConv2d(x, weight, 1, 'same'), bias);
}
