import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {checkNhwc} from './raw.js';

/**
 * PyTorch's MaxPool2d(2): the largest value of each 2x2 window. The gradient goes to the window's
 * first maximum in reading order, as in PyTorch. An odd last row or column is left out.
 * @param x [B,H,W,C], at least 2x2
 * @returns [B,H/2,W/2,C], rounded down
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function maxPool2(x: tf.Tensor4D): tf.Tensor4D {
  checkNhwc('maxPool2', 'x', x);
  const [, height, width] = x.shape;
  if (height < 2 || width < 2) throw opShapeError('maxPool2', 'x', x.shape, 'at least 2x2 pixels');
  return tf.maxPool(x, 2, 2, 'valid');
}
