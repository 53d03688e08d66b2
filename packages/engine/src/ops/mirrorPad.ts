import * as tf from '@tensorflow/tfjs-core';
import {opArgumentError, opShapeError} from '@rife-train/errors';
import {checkNhwc, rawOp, type RawAttr} from './raw.js';

/** `REFLECT` does not repeat the edge pixel, `SYMMETRIC` does. */
export type MirrorMode = 'REFLECT' | 'SYMMETRIC';

const paddings = (before: number, after: number) =>
  tf.tensor2d([0, 0, before, after, before, after, 0, 0], [4, 2], 'int32');

function check(x: tf.Tensor4D, before: number, after: number, mode: MirrorMode): void {
  checkNhwc('mirrorPad', 'x', x);
  const pad = Math.max(before, after);
  if (!Number.isInteger(before) || !Number.isInteger(after) || Math.min(before, after) < 0) {
    throw opArgumentError('mirrorPad', 'padding', [before, after], 'whole numbers from 0');
  }
  const smallest = mode === 'REFLECT' ? pad + 1 : pad;
  if (Math.min(x.shape[1], x.shape[2]) < smallest) {
    throw opShapeError(
      'mirrorPad',
      'x',
      x.shape,
      `at least ${smallest} high and wide for a padding of ${pad}`,
    );
  }
}

/**
 * Mirrors the border outwards in height and width. tfjs's own mirrorPad drops the border's share of
 * the gradient.
 *
 * @param x [B,H,W,C]
 * @param before pixels added above and left
 * @param after pixels added below and right
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE, RIFE_ERR_ENGINE_OPS_ARGUMENT
 */
export function mirrorPad(x: tf.Tensor4D, before: number, after: number, mode: MirrorMode): tf.Tensor4D {
  check(x, before, after, mode);
  const attrs: Record<string, RawAttr> = {T: {type: 'float32'}, Tpaddings: {type: 'int32'}, mode};
  return tf.customGrad(image => ({
    value: rawOp('MirrorPad', [image as tf.Tensor, paddings(before, after)], attrs),
    gradFunc: (dy: tf.Tensor) => rawOp('MirrorPadGrad', [dy, paddings(before, after)], attrs),
  }))(x) as tf.Tensor4D;
}

/**
 * Reflect padding by `pad` pixels on all four sides, the edge pixel not repeated (PyTorch's mode
 * 'reflect').
 */
export const reflectPad = (x: tf.Tensor4D, pad: number): tf.Tensor4D => mirrorPad(x, pad, pad, 'REFLECT');
