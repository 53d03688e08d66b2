/**
 * Backward warping. Axes: B batch, H height, W width, C channels; N = B*H*W target pixels, one row
 * each.
 * A cell is the area between four pixels of the source. Cell k is the one whose upper left pixel is
 * the k-th of all pixels. Cells of the last column or row would mix in unrelated pixels, and are
 * never used. M = N - W - 1 cells.
 * tfjs can't differentiate a gather whose indices come from the flow, and its gather reads them on
 * the host. So the gradient is written out here, with raw ops.
 */
import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {cellIndices, counting} from './cellIndices.js';
import {fusedWarp, fusedWarpOfConstant} from './fusedWarp.js';
import {checkNhwc, int32, ownKernels, rawOp, type RawAttr} from './raw.js';

const FLOAT: RawAttr = {type: 'float32'};
const INT: RawAttr = {type: 'int32'};
const SLICE_ATTRS: Record<string, RawAttr> = {T: FLOAT, Index: INT};
const PAD_ATTRS: Record<string, RawAttr> = {T: FLOAT, Tpaddings: INT};
const GATHER_ATTRS: Record<string, RawAttr> = {
  Tparams: FLOAT,
  Tindices: INT,
  Taxis: INT,
  batch_dims: {int: 0},
};
const SEGMENT_ATTRS: Record<string, RawAttr> = {T: FLOAT, Tindices: INT, Tnumsegments: INT};

const mul = (a: tf.Tensor, b: tf.Tensor) => rawOp('Mul', [a, b]);
const add = (a: tf.Tensor, b: tf.Tensor) => rawOp('AddV2', [a, b]);
const sub = (a: tf.Tensor, b: tf.Tensor) => rawOp('Sub', [a, b]);
const concatRows = (parts: tf.Tensor[]) =>
  rawOp('ConcatV2', [...parts, tf.scalar(1, 'int32')], {N: {int: parts.length}, T: FLOAT, Tidx: INT});

/** `count` entries of the last axis. */
function lastAxis(x: tf.Tensor, begin: number, count: number): tf.Tensor {
  const start = x.shape.map((_, axis) => (axis === x.rank - 1 ? begin : 0));
  return rawOp('Slice', [x, int32(start), int32([...x.shape.slice(0, -1), count])], SLICE_ATTRS);
}

/**
 * Offsets of a cell's four pixels from its first: upper left, upper right, lower left, lower right.
 */
const cornerOffsets = (width: number) => [0, 1, width, width + 1];
const cellCount = ([batch, height, width]: readonly number[]) => batch! * height! * width! - width! - 1;

/** `count` rows of a table, a contiguous piece of memory. */
const rowsFrom = (table: tf.Tensor, begin: number, count: number) =>
  rawOp('Slice', [table, int32([begin, 0]), int32([count, table.shape[1]!])], SLICE_ATTRS);

/** Sums the gradients of the four pixels of each cell where cells overlap; [N,C]. */
function foldCells(dCells: tf.Tensor, width: number): tf.Tensor {
  const channels = dCells.shape[1]! / 4;
  const shifted = cornerOffsets(width).map((offset, corner) => {
    const paddings = tf.tensor2d([offset, width + 1 - offset, 0, 0], [2, 2], 'int32');
    return rawOp('Pad', [lastAxis(dCells, corner * channels, channels), paddings], PAD_ATTRS);
  });
  return rawOp('AddN', shifted, {N: {int: 4}, T: FLOAT});
}

/**
 * The four pixels of each cell side by side, so that one gather fetches all of them; [B*H*W - W -
 * 1, 4C]: upper left, upper right, lower left, lower right.
 */
function cellsOf(image: tf.Tensor4D): tf.Tensor2D {
  const [, , width, channels] = image.shape;
  const count = cellCount(image.shape);
  return tf.customGrad(x => {
    const table = tf.reshape(x as tf.Tensor, [-1, channels]);
    return {
      value: concatRows(cornerOffsets(width).map(offset => rowsFrom(table, offset, count))),
      gradFunc: (dy: tf.Tensor) => tf.reshape(foldCells(dy, width), image.shape),
    };
  })(image) as tf.Tensor2D;
}

/** One axis of the sampling positions, all [B,H,W,1]. */
interface Axis {
  /** Unclipped position in pixels. */
  position: tf.Tensor;
  /** First pixel of the cell, as float. */
  first: tf.Tensor;
  /** Weight of the cell's second pixel, 0..1. */
  weight: tf.Tensor;
}

/**
 * Clamps to the border; the last pixel belongs to the cell before it, with weight 1, so no cell
 * reaches outside.
 */
function axisOf(flow: tf.Tensor4D, component: 0 | 1): Axis {
  const size = flow.shape[component === 0 ? 2 : 1];
  const grid = tf.reshape(counting(size), component === 0 ? [1, 1, size, 1] : [1, size, 1, 1]);
  const position = add(lastAxis(flow, component, 1), grid);
  const clipped = rawOp('Minimum', [rawOp('Maximum', [position, tf.scalar(0)]), tf.scalar(size - 1)]);
  const first = rawOp('Minimum', [rawOp('Floor', [clipped]), tf.scalar(size - 2)]);
  return {position, first, weight: sub(clipped, first)};
}

/**
 * Gradient to one flow component: sum over channels of dy * slope, 0 where the position is clipped
 * or at the border.
 */
function flowGradient(dy: tf.Tensor, slope: tf.Tensor, position: tf.Tensor, size: number): tf.Tensor {
  const sum = rawOp('Sum', [mul(dy, slope), int32([1])], {T: FLOAT, Tidx: INT, keep_dims: true});
  const grad = tf.reshape(sum, position.shape);
  const aboveZero = rawOp('ReluGrad', [grad, position]);
  return rawOp('ReluGrad', [aboveZero, sub(tf.scalar(size - 1), position)]);
}

/** Gradient to the cells [M,4C]: each target pixel's share, summed by cell. */
function cellGradient(
  dy: tf.Tensor,
  wx: tf.Tensor,
  wy: tf.Tensor,
  indices: tf.Tensor,
  cells: number,
): tf.Tensor {
  const right = mul(dy, wx);
  const pair = concatRows([sub(dy, right), right]);
  const below = mul(pair, wy);
  const shares = concatRows([sub(pair, below), below]);
  return rawOp('UnsortedSegmentSum', [shares, indices, tf.scalar(cells, 'int32')], SEGMENT_ATTRS);
}

/** What the gradient needs of the forward pass. */
function sample(cells: tf.Tensor, flow: tf.Tensor) {
  const [x, y] = [axisOf(flow as tf.Tensor4D, 0), axisOf(flow as tf.Tensor4D, 1)];
  const [batch, height, width] = flow.shape as [number, number, number, number];
  const indices = cellIndices(x.first, y.first, {batch, height, width});
  const wide = cells.shape[1]!;
  const rows = rawOp('GatherV2', [cells, indices, tf.scalar(0, 'int32')], GATHER_ATTRS);
  const [wx, wy] = [tf.reshape(x.weight, [-1, 1]), tf.reshape(y.weight, [-1, 1])];
  const above = lastAxis(rows, 0, wide / 2);
  const down = sub(lastAxis(rows, wide / 2, wide / 2), above);
  const pair = add(above, mul(down, wy));
  const left = lastAxis(pair, 0, wide / 4);
  const across = sub(lastAxis(pair, wide / 4, wide / 4), left);
  return {x, y, wx, wy, indices, down, across, value: add(left, mul(across, wx))};
}

type Sampled = ReturnType<typeof sample>;
const keepOf = ({x, y, wx, wy, indices, down, across}: Sampled) => [
  x.position,
  y.position,
  wx,
  wy,
  indices,
  down,
  across,
];

/** Gradients to the cells (when wanted) and to the flow. */
function warpGradients(dy: tf.Tensor, saved: tf.Tensor[], cells: number | undefined): tf.Tensor[] {
  const [px, py, wx, wy, indices, down, across] = saved as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const channels = dy.shape[3]!;
  const rows = tf.reshape(dy, [-1, channels]);
  const downLeft = lastAxis(down, 0, channels);
  const downAt = add(downLeft, mul(sub(lastAxis(down, channels, channels), downLeft), wx));
  const dx = flowGradient(rows, across, px, px.shape[2]!);
  const dyFlow = flowGradient(rows, downAt, py, py.shape[1]!);
  const parts = [dx, dyFlow, tf.scalar(3, 'int32')];
  const dFlow = rawOp('ConcatV2', parts, {N: {int: 2}, T: FLOAT, Tidx: INT});
  return cells === undefined ? [dFlow] : [cellGradient(rows, wx, wy, indices, cells), dFlow];
}

function composedWarp(cells: tf.Tensor2D, flow: tf.Tensor4D, imageGradient: boolean): tf.Tensor4D {
  const shape = [...flow.shape.slice(0, 3), cells.shape[1] / 4];
  const forward = (source: tf.Tensor, to: tf.Tensor, save: tf.GradSaveFunc) => {
    const sampled = sample(source, to);
    save(keepOf(sampled));
    return tf.reshape(sampled.value, shape);
  };
  if (!imageGradient) {
    return tf.customGrad((to, save) => ({
      value: forward(cells, to as tf.Tensor, save as tf.GradSaveFunc),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => warpGradients(dy, saved, undefined),
    }))(flow) as tf.Tensor4D;
  }
  return tf.customGrad((source, to, save) => ({
    value: forward(source as tf.Tensor, to as tf.Tensor, save as tf.GradSaveFunc),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => warpGradients(dy, saved, cells.shape[0]),
  }))(cells, flow) as tf.Tensor4D;
}

/** Options of {@link warp} and {@link warpFrom}. */
export interface WarpOptions {
  /**
   * Pass a gradient on to the image. Turn it off for input images, which need none. @default true
   */
  imageGradient?: boolean;
}

/** An image that is warped once or several times; made by {@link warpSource}. */
export interface WarpSource {
  readonly image: tf.Tensor4D;
  /** What its warps share, computed by the first one. */
  cells(): tf.Tensor2D;
}

/**
 * @param image [B,H,W,C], H and W at least 2
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function warpSource(image: tf.Tensor4D): WarpSource {
  checkNhwc('warp', 'image', image);
  const [, height, width] = image.shape;
  if (height < 2 || width < 2) throw opShapeError('warp', 'image', image.shape, 'at least 2 high and wide');
  let cells: tf.Tensor2D | undefined;
  return {image, cells: () => (cells ??= cellsOf(image))};
}

/**
 * {@link warp} of a source that is warped several times.
 * @param flow [B,H,W,2]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function warpFrom(source: WarpSource, flow: tf.Tensor4D, options: WarpOptions = {}): tf.Tensor4D {
  const {imageGradient = true} = options;
  const {image} = source;
  const expected = [...image.shape.slice(0, 3), 2];
  if (flow.rank !== 4 || expected.some((size, axis) => size !== flow.shape[axis])) {
    throw opShapeError('warp', 'flow', flow.shape, `[${expected.join(', ')}], as the image has it`);
  }
  if (!ownKernels()) return composedWarp(source.cells(), flow, imageGradient);
  return imageGradient ? fusedWarp(image, flow) : fusedWarpOfConstant(image, flow);
}

/**
 * Samples `image` at pixel + flow: bilinear, border clamped, corners aligned (PyTorch's
 * `grid_sample(padding_mode='border', align_corners=True)`, as RIFE uses it).
 * The gradient to a flow component is 0 where the unclipped position is <= 0 or >= size - 1. A NaN
 * in the flow gives NaN at that pixel, and is not an error.
 * @param image [B,H,W,C], H and W at least 2
 * @param flow [B,H,W,2] (x, y) in pixels
 * @returns [B,H,W,C]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function warp(image: tf.Tensor4D, flow: tf.Tensor4D, options: WarpOptions = {}): tf.Tensor4D {
  return warpFrom(warpSource(image), flow, options);
}
