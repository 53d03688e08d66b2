import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {checkNhwc, rawOp, type RawAttr} from './raw.js';

const attrs = (block: number): Record<string, RawAttr> => ({
  T: {type: 'float32'},
  block_size: {int: block},
  data_format: 'NHWC',
});

/**
 * Moves channels into blocks of pixels; channels are ordered (row in block, column in block,
 * channel).
 * tfjs's own depthToSpace has no gradient.
 * @param x [B,H,W,block*block*C]
 * @returns [B,block*H,block*W,C]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function depthToSpace(x: tf.Tensor4D, block: number): tf.Tensor4D {
  checkNhwc('depthToSpace', 'x', x);
  if (x.shape[3] % (block * block) !== 0) {
    throw opShapeError('depthToSpace', 'x', x.shape, `of a number of channels divisible by ${block * block}`);
  }
  return tf.customGrad(input => ({
    value: rawOp('DepthToSpace', [input as tf.Tensor], attrs(block)),
    gradFunc: (dy: tf.Tensor) => rawOp('SpaceToDepth', [dy], attrs(block)),
  }))(x) as tf.Tensor4D;
}
