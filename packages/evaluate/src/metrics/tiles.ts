/** What the metrics with windows share: tiles that fit a processor's cache, rows, and filters. */
import type {Picture} from '../picture/picture.js';
import {CHANNELS, UNIT} from './rounded.js';

const {min} = Math;

/** A part of a plane, in pixels; its place may begin outside a picture. */
export interface Tile {
  top: number;
  left: number;
  height: number;
  width: number;
}

const TILE_ROWS = 64;
const TILE_COLUMNS = 512;

/** The tiles of an area, row by row. */
export function* tilesOf({top, left, height, width}: Tile): Generator<Tile> {
  for (let y = 0; y < height; y += TILE_ROWS)
    for (let x = 0; x < width; x += TILE_COLUMNS)
      yield {
        top: top + y,
        left: left + x,
        height: min(TILE_ROWS, height - y),
        width: min(TILE_COLUMNS, width - x),
      };
}

const within = (value: number, least: number, most: number): number =>
  value < least ? least : value > most ? most : value;

/**
 * Pixels `left` .. `left + count` of a row in 0..1, [count,3]. Outside, the nearest pixel of the
 * picture is repeated.
 */
export function readRow(picture: Picture, row: number, left: number, count: number, to: Float64Array): void {
  const {data, height, width} = picture;
  const start = within(row, 0, height - 1) * width;
  // Not `-left`, which can be -0: the loops would count in floating point, at half the speed.
  const first = within(0 - left, 0, count);
  const end = within(width - left, first, count);
  copyUnit(data, (start + left + first) * CHANNELS, to, first * CHANNELS, end * CHANNELS);
  for (let i = 0; i < first; i++) copyUnit(data, start * CHANNELS, to, i * CHANNELS, (i + 1) * CHANNELS);
  for (let i = end; i < count; i++)
    copyUnit(data, (start + width - 1) * CHANNELS, to, i * CHANNELS, (i + 1) * CHANNELS);
}

/** Values from `at` on, in 0..1, to the places `first` .. `end`. */
function copyUnit(data: Picture['data'], at: number, to: Float64Array, first: number, end: number): void {
  let from = at;
  if (data instanceof Uint8Array) for (let i = first; i < end; i++) to[i] = UNIT[data[from++]!]!;
  else for (let i = first; i < end; i++) to[i] = data[from++]!;
}

/** Where a filter reads and writes. */
export interface Line {
  from: Float64Array;
  /** Of the value under the first tap, for the first output. */
  at: number;
  /** Distance of two taps: 1, the channels of a pixel, or the values of a row. */
  stride: number;
  to: Float64Array;
  count: number;
}

/**
 * to[i] = sum over k of taps[k] from[at + i + k stride]. Eight outputs at a time, since with one
 * the loop itself takes most of the time.
 */
export function filterLine(taps: Float64Array, {from, at, stride, to, count}: Line): void {
  const whole = count - (count % 8);
  for (let x = 0; x < whole; x += 8) {
    // Not as a list: that would be made on the heap each time.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let e = 0;
    let f = 0;
    let g = 0;
    let h = 0;
    for (let k = 0, i = at + x; k < taps.length; k++, i += stride) {
      const tap = taps[k]!;
      a += tap * from[i]!;
      b += tap * from[i + 1]!;
      c += tap * from[i + 2]!;
      d += tap * from[i + 3]!;
      e += tap * from[i + 4]!;
      f += tap * from[i + 5]!;
      g += tap * from[i + 6]!;
      h += tap * from[i + 7]!;
    }
    to[x] = a;
    to[x + 1] = b;
    to[x + 2] = c;
    to[x + 3] = d;
    to[x + 4] = e;
    to[x + 5] = f;
    to[x + 6] = g;
    to[x + 7] = h;
  }
  for (let x = whole; x < count; x++) {
    let sum = 0;
    for (let k = 0, i = at + x; k < taps.length; k++, i += stride) sum += taps[k]! * from[i]!;
    to[x] = sum;
  }
}
