/** The SSIM of XVFI: of luma. */
import type {Picture} from '../picture/picture.js';
import {CHANNELS, rounded} from './rounded.js';
import {checkWindow} from './ssimSkimage.js';
import {UniformWindows} from './uniformWindows.js';

const {max} = Math;

/**
 * XVFI's Y, 16 + 0.256788 R + 0.504129 G + 0.097906 B, is 16 plus 219 / 255000 of a whole number,
 * 299 R + 587 G + 114 B. The sums are of that number, and so exact; 16 is this much of it.
 */
const UNIT_OF_LUMA = 219 / 255_000;
const OFFSET = 16 / UNIT_OF_LUMA;

/** 299 R + 587 G + 114 B of row `y` of a picture in bytes. */
function lumaRow({data, width}: Picture, y: number, to: Float64Array): void {
  for (let x = 0, i = y * width * CHANNELS; x < width; x++, i += CHANNELS)
    to[x] = 114 * data[i]! + 587 * data[i + 1]! + 299 * data[i + 2]!;
}

/** Largest minus smallest 299 R + 587 G + 114 B. */
function wholeRange(picture: Picture): number {
  const row = new Float64Array(picture.width);
  let [least, most] = [Infinity, -Infinity];
  for (let y = 0; y < picture.height; y++) {
    lumaRow(picture, y, row);
    for (let x = 0; x < row.length; x++) {
      const luma = row[x]!;
      if (luma < least) least = luma;
      if (luma > most) most = luma;
    }
  }
  return most - least;
}

/** Range of Y in a picture in bytes: the script's data_range. */
export const lumaRange = (picture: Picture): number => UNIT_OF_LUMA * wholeRange(picture);

/** In place of a range of 0, which would leave 0 / 0 in flat areas. */
const LEAST_RANGE = 1e-3;

/**
 * SSIM as XVFI measures it (JihyongOh/XVFI:utils.py): scikit-image's on the luma of both pictures
 * in bytes, with the range of the prediction's luma as data_range. A pale prediction so has smaller
 * constants. With one of a single brightness, for which the script divides 0 by 0, they are next to
 * nothing.
 * @throws RIFE_ERR_EVAL_SIZES, RIFE_ERR_EVAL_METRIC_SIZE below 7 pixels
 */
export function ssimXvfi(prediction: Picture, gt: Picture): number {
  checkWindow('ssim-xvfi', prediction, gt);
  const [a, b] = [rounded(prediction), rounded(gt)];
  const rowOf = (picture: Picture) => (y: number, to: Float64Array) => lumaRow(picture, y, to);
  return new UniformWindows(gt.width, 1).meanSsim(gt.height, [rowOf(a), rowOf(b)], {
    range: max(LEAST_RANGE, wholeRange(a)),
    offset: OFFSET,
  });
}
