/** Errors of pixels: PSNR, with and without rounding, interpolation error, and PSNR on luma. */
import type {Picture} from '../picture/picture.js';
import {CHANNELS, checkPair, rounded, UNIT} from './rounded.js';

const {abs, fround, log10} = Math;

/** dB of a mean squared error of values in 0..1; Infinity for 0. */
const decibels = (mse: number): number => -10 * log10(mse);

/** Added and taken away again, it leaves the nearest whole number, halves to even. */
const TO_WHOLE = 1.5 * 2 ** 52;

/** Errors of a frame, named as the metrics. */
export interface Errors {
  /** Of the prediction as it is, over all channels. */
  psnr: number;
  /** Of the prediction rounded to 1/255; the ground truth is not rounded. */
  'psnr-rounded': number;
  /** Mean of |round(255 p) - 255 g|. */
  ie: number;
}

/** Squares of differences in 0..1 and in 0..255, and absolute ones in 0..255. */
type Sums = readonly [unit: number, bytes: number, absolute: number];

function sumsOfBytes(prediction: Uint8Array, gt: Uint8Array): Sums {
  let [squares, absolute] = [0, 0];
  for (let i = 0; i < gt.length; i++) {
    const difference = prediction[i]! - gt[i]!;
    squares += difference * difference;
    absolute += difference < 0 ? -difference : difference;
  }
  return [squares / 65_025, squares, absolute];
}

/** 255 times the prediction in float32, as in `rounded`. */
function sumsAgainstBytes(prediction: Float32Array, gt: Uint8Array): Sums {
  let [unit, squares, absolute] = [0, 0, 0];
  for (let i = 0; i < gt.length; i++) {
    const p = prediction[i]!;
    const g = gt[i]!;
    const error = p - UNIT[g]!;
    unit += error * error;
    const difference = fround(255 * p) + TO_WHOLE - TO_WHOLE - g;
    squares += difference * difference;
    absolute += abs(difference);
  }
  return [unit, squares, absolute];
}

function sumsAgainstFloats(prediction: Uint8Array | Float32Array, gt: Float32Array): Sums {
  const isBytes = prediction instanceof Uint8Array;
  let [unit, squares, absolute] = [0, 0, 0];
  for (let i = 0; i < gt.length; i++) {
    const p = prediction[i]!;
    const g = gt[i]!;
    const error = (isBytes ? UNIT[p]! : p) - g;
    unit += error * error;
    const difference = (isBytes ? p : fround(255 * p) + TO_WHOLE - TO_WHOLE) - 255 * g;
    squares += difference * difference;
    absolute += abs(difference);
  }
  return [unit, squares, absolute];
}

function sumsOf({data: prediction}: Picture, {data: gt}: Picture): Sums {
  if (!(gt instanceof Uint8Array)) return sumsAgainstFloats(prediction, gt);
  return prediction instanceof Uint8Array ? sumsOfBytes(prediction, gt) : sumsAgainstBytes(prediction, gt);
}

/**
 * PSNR with and without rounding, and IE, in one pass.
 * @param prediction within 0..1
 * @throws RIFE_ERR_EVAL_SIZES
 */
export function errorsOf(prediction: Picture, gt: Picture): Errors {
  checkPair(prediction, gt);
  const count = gt.data.length;
  const [unit, squares, absolute] = sumsOf(prediction, gt);
  return {
    psnr: decibels(unit / count),
    'psnr-rounded': decibels(squares / 65_025 / count),
    ie: absolute / count,
  };
}

/** dB of the prediction as it is, over all channels; Infinity for identical pictures. */
export const psnr = (prediction: Picture, gt: Picture): number => errorsOf(prediction, gt).psnr;

/** dB of the prediction rounded to 1/255 against the ground truth as it is. */
export const psnrRounded = (prediction: Picture, gt: Picture): number =>
  errorsOf(prediction, gt)['psnr-rounded'];

/** Interpolation error, 0..255, of the rounded prediction: Middlebury's measure. */
export const ie = (prediction: Picture, gt: Picture): number => errorsOf(prediction, gt).ie;

/**
 * dB of the luma 0.299 R + 0.587 G + 0.114 B of both pictures in bytes
 * (hzwer/ECCV2022-RIFE:benchmark/HD.py).
 * @throws RIFE_ERR_EVAL_SIZES
 */
export function psnrY(prediction: Picture, gt: Picture): number {
  checkPair(prediction, gt);
  const [a, b] = [rounded(prediction).data, rounded(gt).data];
  let squares = 0;
  for (let i = 0; i < a.length; i += CHANNELS) {
    // In thousandths, which are whole numbers.
    const difference = 114 * (a[i]! - b[i]!) + 587 * (a[i + 1]! - b[i + 1]!) + 299 * (a[i + 2]! - b[i + 2]!);
    squares += difference * difference;
  }
  return decibels(squares / 255_000 ** 2 / (a.length / CHANNELS));
}
