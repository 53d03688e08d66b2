import * as tf from '@tensorflow/tfjs-core';
import {opArgumentError, opShapeError} from '@rife-train/errors';
import {biasAdd} from './biasAdd.js';
import {convolve} from './convolve.js';
import {checkNhwc} from './raw.js';

const OP = 'dilatedConv2d';

/** Padding below (or on the right) that makes the side a multiple of `rate`. */
const upTo = (side: number, rate: number) => (rate - (side % rate)) % rate;

/**
 * PyTorch's Conv2d(kernel 3, dilation rate, padding rate, bias): the size stays.
 * tfjs does not differentiate dilated convolutions, and TensorFlow's backward kernels for a CPU
 * reject dilations above 1. So every `rate`-th pixel becomes part of an image of its own, on which
 * the convolution is an ordinary one. That runs forward and backward on every device.
 * @param x [B,H,W,C]
 * @param weight [3,3,C,O]
 * @param bias [O]
 * @param rate pixels between the taps, a whole number above 0
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE, RIFE_ERR_ENGINE_OPS_ARGUMENT
 */
export function dilatedConv2d(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  rate: number,
): tf.Tensor4D {
  checkNhwc(OP, 'x', x);
  const [kh, kw, channels] = weight.shape;
  if (weight.rank !== 4 || kh !== 3 || kw !== 3 || channels !== x.shape[3]) {
    throw opShapeError(OP, 'weight', weight.shape, `[3, 3, ${x.shape[3]}, channels out]`);
  }
  if (!(Number.isInteger(rate) && rate > 0))
    throw opArgumentError(OP, 'rate', rate, 'a whole number above 0');
  const [below, right] = [upTo(x.shape[1], rate), upTo(x.shape[2], rate)];
  const block = [rate, rate];
  const grids = tf.spaceToBatchND(x, block, [
    [rate, rate + below],
    [rate, rate + right],
  ]);
  const convolved = biasAdd(convolve(grids, weight, {stride: 1, pad: 'valid'}), bias);
  return tf.batchToSpaceND(convolved, block, [
    [0, below],
    [0, right],
  ]);
}
