import * as tf from '@tensorflow/tfjs-core';
import {opArgumentError, opShapeError} from '@rife-train/errors';
import {biasAdd} from './biasAdd.js';
import {convolve, roundsToBfloat16} from './convolve.js';
import {fusedConv, fusedConvPrelu, isFasterFused} from './fusedConv.js';
import {biasPrelu} from './prelu.js';
import {checkNhwc, ownConvs} from './raw.js';

function check(x: tf.Tensor4D, weight: tf.Tensor4D, stride: number): void {
  checkNhwc('conv2d', 'x', x);
  const [kh, kw, channels] = weight.shape;
  if (weight.rank !== 4 || kh !== 3 || kw !== 3 || channels !== x.shape[3]) {
    throw opShapeError('conv2d', 'weight', weight.shape, `[3, 3, ${x.shape[3]}, channels out]`);
  }
  if (stride !== 1 && stride !== 2) throw opArgumentError('conv2d', 'stride', stride, '1 or 2');
}

/**
 * Without bias. With stride 2 TensorFlow's 'same' would pad on the wrong side, so the input is
 * padded first. The row below and the column to the right are padded for odd sizes only: for even
 * ones no window reaches them.
 */
function convolve3x3(x: tf.Tensor4D, weight: tf.Tensor4D, stride: 1 | 2): tf.Tensor4D {
  if (stride === 1) return convolve(x, weight, {stride, pad: 'same'});
  const around = (size: number): [number, number] => [1, size % 2];
  const padded = tf.pad(x, [[0, 0], around(x.shape[1]), around(x.shape[2]), [0, 0]]);
  return convolve(padded, weight, {stride, pad: 'valid'});
}

const isFused = (x: tf.Tensor4D, weight: tf.Tensor4D, stride: 1 | 2) =>
  stride === 1 && ownConvs() && !roundsToBfloat16() && isFasterFused(x.shape, weight.shape);

/**
 * PyTorch's Conv2d(kernel 3, padding 1, bias) with stride 1 or 2.
 * @param x [B,H,W,C]
 * @param weight [3,3,C,O]
 * @param bias [O]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE, RIFE_ERR_ENGINE_OPS_ARGUMENT
 */
export function conv2d(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  stride: 1 | 2 = 1,
): tf.Tensor4D {
  check(x, weight, stride);
  if (isFused(x, weight, stride)) return fusedConv(x, weight, bias);
  return biasAdd(convolve3x3(x, weight, stride), bias);
}

/**
 * {@link conv2d}, then `prelu`; faster than one after the other.
 * @param slope [O]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE, RIFE_ERR_ENGINE_OPS_ARGUMENT
 */
export function conv2dPrelu(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  slope: tf.Tensor1D,
  stride: 1 | 2 = 1,
): tf.Tensor4D {
  check(x, weight, stride);
  if (isFused(x, weight, stride)) return fusedConvPrelu(x, weight, bias, slope);
  return biasPrelu(convolve3x3(x, weight, stride), bias, slope);
}
