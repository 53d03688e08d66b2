import type * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {biasAdd} from './biasAdd.js';
import {convolve} from './convolve.js';
import {checkNhwc} from './raw.js';

/**
 * PyTorch's Conv2d(kernel 1, bias): mixes channels, pixel by pixel.
 *
 * @param x [B,H,W,C]
 * @param weight [1,1,C,O]
 * @param bias [O]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function pointwiseConv2d(x: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  checkNhwc('pointwiseConv2d', 'x', x);
  const [kh, kw, channels] = weight.shape;
  if (weight.rank !== 4 || kh !== 1 || kw !== 1 || channels !== x.shape[3]) {
    throw opShapeError('pointwiseConv2d', 'weight', weight.shape, `[1, 1, ${x.shape[3]}, channels out]`);
  }
  return biasAdd(convolve(x, weight, {stride: 1, pad: 'valid'}), bias);
}
