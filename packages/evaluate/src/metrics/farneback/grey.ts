/** Grey pictures, as flows take them. */
import type {Picture} from '../../picture/picture.js';
import {CHANNELS, rounded} from '../rounded.js';

const {ceil, fround, max, min} = Math;

/** [H,W] float32, row-major, 0..255. */
export interface GreyPicture {
  width: number;
  height: number;
  data: Float32Array;
}

const RED = fround(0.299);
const GREEN = fround(0.587);
const BLUE = fround(0.114);

/**
 * 0.299 R + 0.587 G + 0.114 B of the picture in bytes, in the order and with the roundings of
 * `cvtColor` on float32 (opencv/opencv:modules/imgproc/src/color_rgb.simd.hpp, with fused
 * multiplications): where a flow is hardly determined, the last bit of a grey value shows.
 */
export function greyOf(picture: Picture): GreyPicture {
  const {data: bgr, width, height} = rounded(picture);
  const data = new Float32Array(width * height);
  for (let i = 0, from = 0; i < data.length; i++, from += CHANNELS) {
    const green = fround(GREEN * bgr[from + 1]!);
    data[i] = RED * bgr[from + 2]! + fround(BLUE * bgr[from]! + green);
  }
  return {width, height, data};
}

/**
 * Means of `factor` x `factor` pixels; at the right and bottom edge of those that are there.
 * @param factor a whole number
 */
export function shrunk({width, height, data}: GreyPicture, factor: number): GreyPicture {
  const [columns, rows] = [ceil(width / factor), ceil(height / factor)];
  const sums = new Float64Array(columns * rows);
  for (let y = 0, from = 0; y < height; y++) {
    const row = columns * ((y - (y % factor)) / factor);
    for (let x = 0, to = row; x < width; to++)
      for (const end = min(width, x + factor); x < end; x++) sums[to]! += data[from++]!;
  }
  const countAt = (block: number, side: number) => min(factor, side - block * factor);
  const means = sums.map((sum, i) => {
    const [column, row] = [i % columns, (i - (i % columns)) / columns];
    return sum / (countAt(column, width) * countAt(row, height));
  });
  return {width: columns, height: rows, data: new Float32Array(means)};
}

/** The least whole factor that makes the longer side at most `most` pixels. */
export const factorFor = ({width, height}: {width: number; height: number}, most: number): number =>
  ceil(max(width, height) / most);
