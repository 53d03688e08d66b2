import type * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {biasAdd} from './biasAdd.js';
import {convolveTransposed} from './convolve.js';
import {biasPrelu} from './prelu.js';
import {checkNhwc} from './raw.js';

/** Without bias. */
function convolve4x4(x: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor4D {
  checkNhwc('deconv', 'x', x);
  const [batch, height, width, channels] = x.shape;
  const [kh, kw, out, channelsIn] = weight.shape;
  if (weight.rank !== 4 || kh !== 4 || kw !== 4 || channelsIn !== channels) {
    throw opShapeError('deconv', 'weight', weight.shape, `[4, 4, channels out, ${channels}]`);
  }
  return convolveTransposed(x, weight, [batch, height * 2, width * 2, out], {stride: 2, pad: 'same'});
}

/**
 * PyTorch's ConvTranspose2d(kernel 4, stride 2, padding 1, bias): twice the height and width.
 *
 * @param x [B,H,W,C]
 * @param weight [4,4,O,C]
 * @param bias [O]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export const deconv = (x: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D =>
  biasAdd(convolve4x4(x, weight), bias);

/**
 * {@link deconv}, then `prelu`; faster than one after the other.
 * @param slope [O]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export const deconvPrelu = (
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  slope: tf.Tensor1D,
): tf.Tensor4D => biasPrelu(convolve4x4(x, weight), bias, slope);
