/**
 * SSIM with a Gaussian window of 11 and sigma 1.5: the sums that all of its kinds share, in
 * float64.
 *
 *     m1 = G a, m2 = G b, s1 = G(a a) - m1^2, s2 = G(b b) - m2^2, s12 = G(a b) - m1 m2
 *     ((2 m1 m2 + C1) (2 s12 + C2)) / ((m1^2 + m2^2 + C1) (s1 + s2 + C2))
 *
 * C1 = (0.01 L)^2 and C2 = (0.03 L)^2 with L = 1. Since s1 and s2 are only needed as their sum,
 * four fields are filtered: a, b, a a + b b, a b.
 */
import type {Picture} from '../picture/picture.js';
import {CHANNELS} from './rounded.js';
import {filterLine, readRow, tilesOf, type Tile} from './tiles.js';

const {exp} = Math;

export const WINDOW = 11;
const RADIUS = WINDOW >> 1;
const SIGMA = 1.5;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/**
 * The window of `size` values, of sum 1, with its peak at `size >> 1`; zeros follow to eleven. The
 * first value always stands five pixels before the output.
 */
export function gaussianTaps(size: number): Float64Array {
  const values = Array.from({length: size}, (_, i) => exp(-((i - (size >> 1)) ** 2) / (2 * SIGMA ** 2)));
  const sum = values.reduce((a, b) => a + b, 0);
  const taps = new Float64Array(WINDOW);
  values.forEach((value, i) => (taps[i] = value / sum));
  return taps;
}

/** The four fields of a tile, [rows,columns,3], with five pixels on each side. */
type Fields = readonly [a: Float64Array, b: Float64Array, squares: Float64Array, product: Float64Array];

const fieldsOf = (length: number): Fields => {
  const field = () => new Float64Array(length);
  return [field(), field(), field(), field()];
};

function readFields(prediction: Picture, gt: Picture, {top, left, height, width}: Tile, to: Fields): void {
  const [as, bs, squares, products] = to;
  const columns = width + 2 * RADIUS;
  const values = columns * CHANNELS;
  const [a, b] = [new Float64Array(values), new Float64Array(values)];
  for (let row = 0, out = 0; row < height + 2 * RADIUS; row++) {
    readRow(prediction, top - RADIUS + row, left - RADIUS, columns, a);
    readRow(gt, top - RADIUS + row, left - RADIUS, columns, b);
    for (let i = 0; i < values; i++, out++) {
      const x = a[i]!;
      const y = b[i]!;
      as[out] = x;
      bs[out] = y;
      squares[out] = x * x + y * y;
      products[out] = x * y;
    }
  }
}

/** Sum of the map over a row of filtered fields, for all rows of `mix`. */
function rowSum([as, bs, squares, products]: Fields, pixels: number, mix: Float64Array): number {
  let sum = 0;
  for (let m = 0; m < mix.length; m += CHANNELS) {
    const [u, v, w] = [mix[m]!, mix[m + 1]!, mix[m + 2]!];
    for (let i = 0; i < pixels * CHANNELS; i += CHANNELS) {
      const a = u * as[i]! + v * as[i + 1]! + w * as[i + 2]!;
      const b = u * bs[i]! + v * bs[i + 1]! + w * bs[i + 2]!;
      const square = u * squares[i]! + v * squares[i + 1]! + w * squares[i + 2]!;
      const product = u * products[i]! + v * products[i + 1]! + w * products[i + 2]!;
      const ab = a * b;
      const means = a * a + b * b;
      sum += ((2 * ab + C1) * (2 * (product - ab) + C2)) / ((means + C1) * (square - means + C2));
    }
  }
  return sum;
}

export interface GaussianSsim {
  /** Pixels at which the map is taken. */
  area: Tile;
  taps: Float64Array;
  /** [outputs,3]: the channels that are scored, each a sum of the picture's three. */
  mix: Float64Array;
}

/** Mean of the map over the area and all outputs of `mix`. */
export function gaussianSsim(prediction: Picture, gt: Picture, {area, taps, mix}: GaussianSsim): number {
  let [fields, columns, sum] = [fieldsOf(0), 0, 0];
  let [rows, outputs] = [fields, fields];
  for (const tile of tilesOf(area)) {
    const values = tile.width * CHANNELS;
    const length = (tile.height + 2 * RADIUS) * (tile.width + 2 * RADIUS) * CHANNELS;
    if (fields[0].length < length) fields = fieldsOf(length);
    if (columns < tile.width) {
      columns = tile.width;
      rows = fieldsOf((columns + 2 * RADIUS) * CHANNELS);
      outputs = fieldsOf(columns * CHANNELS);
    }
    readFields(prediction, gt, tile, fields);
    const stride = values + 2 * RADIUS * CHANNELS;
    for (let y = 0; y < tile.height; y++) {
      for (const [f, from] of fields.entries()) {
        const [row, to] = [rows[f]!, outputs[f]!];
        filterLine(taps, {from, at: y * stride, stride, to: row, count: stride});
        filterLine(taps, {from: row, at: 0, stride: CHANNELS, to, count: values});
      }
      sum += rowSum(outputs, tile.width, mix);
    }
  }
  return sum / (area.height * area.width * (mix.length / CHANNELS));
}
