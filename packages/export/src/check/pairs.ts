/** Pairs of images that an export is tried on. Axes: H height, W width. */
import type {Frame, FrameSize} from '@rife-train/core';

/** Two frames, and what to call them. */
export interface CheckPair {
  name: string;
  img0: Frame;
  img1: Frame;
  timestep: number;
  /** Largest difference that float32 is allowed, of values in 0..1. */
  bound: number;
}

/** Pixels that the picture moves by. */
const SHIFT = 5;
/** Pixels between the points of soft noise. */
const CELL = 8;
const HALF_BOUND = 2 / 255;

/** A place in a picture that repeats, mirrored at its borders. */
function mirrored(place: number, side: number): number {
  const period = 2 * side;
  const at = ((place % period) + period) % period;
  return at < side ? at : period - 1 - at;
}

function moved({data, height, width}: Frame, size: FrameSize, shift: number): Frame {
  const isBytes = data instanceof Uint8Array;
  const out = new Float32Array(size.height * size.width * 3);
  for (let y = 0, to = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++)
      for (let c = 0; c < 3; c++, to++) {
        const from = (mirrored(y, height) * width + mirrored(x + shift, width)) * 3 + c;
        out[to] = isBytes ? data[from]! / 255 : data[from]!;
      }
  return {...size, data: out};
}

/**
 * Reproducible soft noise in 0..1: random at points of a grid, interpolated between. Networks turn
 * noise of single pixels into motion that rounding decides.
 */
function noise({height, width}: FrameSize, seed: number): Frame {
  const columns = Math.ceil(width / CELL) + 1;
  const points = new Float32Array((Math.ceil(height / CELL) + 1) * columns * 3);
  let state = seed;
  for (let i = 0; i < points.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    points[i] = state / 2 ** 32;
  }
  const data = new Float32Array(height * width * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y, c] = [(Math.floor(i / 3) % width) / CELL, Math.floor(i / 3 / width) / CELL, i % 3];
    const point = (row: number, column: number) => points[(row * columns + column) * 3 + c]!;
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const across = (at: number) =>
      point(at, column) + (point(at, column + 1) - point(at, column)) * (x - column);
    data[i] = across(row) + (across(row + 1) - across(row)) * (y - row);
  }
  return {height, width, data};
}

/**
 * A picture that pans, and noise. The panning pair is what runtimes with imprecise warps get wrong.
 *
 * @param picture repeated to the size
 * @param timestep 0.5 for networks that predict only the middle
 */
export function checkPairs(picture: Frame, size: FrameSize, timestep: number, isHalf: boolean): CheckPair[] {
  // GridSample takes positions in -1..1, whose rounding is a share of the width, in pixels.
  const bound = isHalf ? HALF_BOUND : 2e-5 + 2 ** -23 * Math.max(size.height, size.width);
  return [
    {
      name: 'a panning picture',
      img0: moved(picture, size, 0),
      img1: moved(picture, size, SHIFT),
      timestep,
      bound,
    },
    {
      name: 'noise',
      img0: noise(size, 1),
      img1: noise(size, 2),
      timestep,
      bound,
    },
  ];
}
