/** Which row of the table of cells (warp.ts) each target pixel reads. */
import * as tf from '@tensorflow/tfjs-core';
import {rawOp, type RawAttr} from './raw.js';

const FLOAT: RawAttr = {type: 'float32'};
const INT: RawAttr = {type: 'int32'};

/** float32 counts exactly up to here. */
const MOST_COUNTED = 2 ** 24;

/** Of the images that are warped. */
export interface ImageSize {
  batch: number;
  height: number;
  width: number;
}

/** 0, 1, 2, ... in float32. A constant: a `Range` on a GPU would read its limits on the host. */
export const counting = (count: number): tf.Tensor1D =>
  tf.tensor1d(Float32Array.from({length: count}, (_, i) => i));

const toInt = (x: tf.Tensor) => rawOp('Cast', [x], {SrcT: FLOAT, DstT: INT, Truncate: false});

/**
 * Row of each target pixel's cell [N], int32, inside the table also where a position is NaN.
 * Counted in float32 where that is exact, up to 16.7 million pixels in a batch: a GPU's kernels for
 * int32, even that of `Reshape`, compute on the host, and would copy all rows there and back.
 * @param x column of the cell's first pixel, whole numbers in float32 [B,*,*,1]
 * @param y its row
 */
export function cellIndices(x: tf.Tensor, y: tf.Tensor, size: ImageSize): tf.Tensor {
  const {batch, height, width} = size;
  if (batch * height * width > MOST_COUNTED) return countedInInt32(x, y, size);
  const inImage = rawOp('AddV2', [rawOp('Mul', [y, tf.scalar(width)]), x]);
  const offsets = tf.mul(counting(batch), tf.scalar(height * width));
  const row = rawOp('AddV2', [inImage, tf.reshape(offsets, [batch, 1, 1, 1])]);
  // The row of a NaN is 0; the NaN itself propagates through the weights.
  const isNumber = rawOp('GreaterEqual', [row, tf.scalar(0)]);
  return toInt(tf.reshape(rawOp('SelectV2', [isNumber, row, tf.scalar(0)]), [-1]));
}

function countedInInt32(x: tf.Tensor, y: tf.Tensor, {batch, height, width}: ImageSize): tf.Tensor {
  const int = (value: number) => tf.scalar(value, 'int32');
  const op = (name: string, a: tf.Tensor, b: tf.Tensor) => rawOp(name, [a, b], {T: INT});
  const inImage = op('AddV2', op('Mul', toInt(y), int(width)), toInt(x));
  const offsets = tf.mul(tf.range(0, batch, 1, 'int32'), int(height * width));
  const row = op('AddV2', inImage, tf.reshape(offsets, [batch, 1, 1, 1]));
  // A NaN becomes some integer.
  const last = batch * height * width - width - 2;
  return tf.reshape(op('Minimum', op('Maximum', row, int(0)), int(last)), [-1]);
}
