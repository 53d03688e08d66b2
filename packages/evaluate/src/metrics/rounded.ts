/** Pictures as the metrics take them: clipped, and rounded to bytes. */
import {evalSizes} from '@rife-train/errors';
import type {Picture} from '../picture/picture.js';

/** Values of a pixel. */
export const CHANNELS = 3;

/** A byte as a number in 0..1. */
export const UNIT = Float64Array.from({length: 256}, (_, i) => i / 255);

/** @throws RIFE_ERR_EVAL_SIZES unless both have one size */
export function checkPair(prediction: Picture, gt: Picture): void {
  if (prediction.height !== gt.height || prediction.width !== gt.width)
    throw evalSizes(['prediction', prediction], ['ground truth', gt]);
}

/** The picture with values below 0 and above 1 moved to those; bytes are returned as they are. */
export function clipped(picture: Picture): Picture {
  const {data, height, width} = picture;
  if (data instanceof Uint8Array) return picture;
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const value = data[i]!;
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return {data: out, height, width};
}

const {fround} = Math;

/**
 * The picture in bytes, clipped, halves to the even neighbour, as numpy and PyTorch round. 255
 * times the value is taken in float32, as the scripts do: so the mean of two bytes is a half
 * exactly.
 */
export function rounded(picture: Picture): Picture {
  const {data, height, width} = picture;
  if (data instanceof Uint8Array) return picture;
  // This array clips and rounds half to even by itself.
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < out.length; i++) out[i] = fround(255 * data[i]!);
  return {data: new Uint8Array(out.buffer), height, width};
}
