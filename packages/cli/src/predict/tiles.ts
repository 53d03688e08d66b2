/**
 * Frames made whole, or in parts: for machines whose memory does not hold the network at full size.
 */
import {freemem} from 'node:os';
import type {Frame, FrameOptions, Predictor} from '@rife-train/core';

/** Where the network is applied to frames: whole, or in tiles. */
export type Predict = (img0: Frame, img1: Frame, t: number) => Promise<Float32Array>;

export const wholeFrames =
  (predictor: Predictor, options: FrameOptions): Predict =>
  async (img0, img1, t) =>
    (await predictor.predict(img0, img1, t, options)).refined;

/** Pixels that neighbouring tiles share; across them one becomes the other. */
export const OVERLAP = 128;
/** Tiles begin at multiples of this (of 32 / scale below 1): every grid stays aligned. */
const GRID = 32;
/** Smallest tile of `auto`. */
const LEAST = 256;
/**
 * Bytes that a prediction takes at most for each pixel: RIFE 4.0 at scale 1, measured
 * (docs/interpolate.md).
 */
const BYTES_PER_PIXEL = 400;
/** Share of the free memory that a prediction may take. */
const SHARE = 0.6;

interface Size {
  width: number;
  height: number;
}

/** A tile along one axis. */
interface Part {
  from: number;
  length: number;
}

const multipleFor = (scale: number) => Math.max(GRID, GRID / scale);
const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Parts of one side, which overlap; the last one ends with the side. */
export function partsOf(side: number, tile: number, multiple: number): Part[] {
  if (side <= tile) return [{from: 0, length: side}];
  const step = Math.max(multiple, tile - roundUp(OVERLAP, multiple));
  const last = roundUp(side - tile, multiple);
  const starts: number[] = [];
  for (let from = 0; from < last; from += step) starts.push(from);
  return [...starts, last].map(from => ({from, length: Math.min(tile, side - from)}));
}

/**
 * Sides of the tiles; undefined when the whole frame is predicted at once.
 * @param freeBytes memory that a prediction may take a share of
 */
export function tileFor(
  wanted: 'auto' | number,
  {width, height}: Size,
  scale: number,
  freeBytes = freemem(),
): number | undefined {
  const multiple = multipleFor(scale);
  const fitting = () => Math.floor(Math.sqrt((SHARE * freeBytes) / BYTES_PER_PIXEL) / multiple) * multiple;
  if (wanted === 'auto' && width * height * BYTES_PER_PIXEL <= SHARE * freeBytes) return undefined;
  const tile =
    wanted === 'auto'
      ? Math.max(LEAST, roundUp(OVERLAP, multiple) + multiple, fitting())
      : roundUp(Math.max(wanted, roundUp(OVERLAP, multiple) + multiple), multiple);
  return tile >= width && tile >= height ? undefined : tile;
}

function cut({width, data}: Frame, x: Part, y: Part): Frame {
  const out = new (data.constructor as new (length: number) => Uint8Array | Float32Array)(
    x.length * y.length * 3,
  );
  for (let row = 0; row < y.length; row++) {
    const from = ((y.from + row) * width + x.from) * 3;
    out.set(data.subarray(from, from + x.length * 3), row * x.length * 3);
  }
  return {width: x.length, height: y.length, data: out};
}

/**
 * Weights of a part along one axis, from the middle of its overlap with each neighbour: 0 to 1 over
 * half the overlap, so that what is next to a seam, where the network saw zeros, does not count.
 */
function weightsOf(parts: readonly Part[], index: number): Float32Array {
  const {from, length} = parts[index]!;
  const before = parts[index - 1];
  const after = parts[index + 1];
  const weights = new Float32Array(length).fill(1);
  const ramp = (start: number, end: number, isRising: boolean) => {
    const [first, last] = [start + (end - start) / 4, end - (end - start) / 4];
    for (let at = start; at < end; at++) {
      const share = Math.min(1, Math.max(0, (at + 0.5 - first) / (last - first)));
      weights[at - from]! *= isRising ? share : 1 - share;
    }
  };
  if (before) ramp(from, before.from + before.length, true);
  if (after) ramp(after.from, from + length, false);
  return weights;
}

/** Predicts tiles, and joins them without visible seams. */
export function tiled(predict: Predict, tile: number, scale: number): Predict {
  return async (img0, img1, t) => {
    const {width, height} = img0;
    const multiple = multipleFor(scale);
    const [columns, rows] = [partsOf(width, tile, multiple), partsOf(height, tile, multiple)];
    const sum = new Float32Array(width * height * 3);
    const total = new Float32Array(width * height);
    for (const [j, y] of rows.entries()) {
      const down = weightsOf(rows, j);
      for (const [i, x] of columns.entries()) {
        const across = weightsOf(columns, i);
        const made = await predict(cut(img0, x, y), cut(img1, x, y), t);
        for (let row = 0, from = 0; row < y.length; row++) {
          let at = (y.from + row) * width + x.from;
          for (let column = 0; column < x.length; column++, at++, from += 3) {
            const weight = down[row]! * across[column]!;
            total[at]! += weight;
            for (let c = 0; c < 3; c++) sum[at * 3 + c]! += weight * made[from + c]!;
          }
        }
      }
    }
    return sum.map((value, i) => value / total[Math.floor(i / 3)]!);
  };
}
