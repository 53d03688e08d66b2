/**
 * How alike two frames are: SSIM of both, resized to 32 x 32, as Practical-RIFE measures it.
 */

/** A frame: BGR [H,W,3] of bytes, of 16-bit values, or of numbers in 0..1. */
export type Pixels = Uint8Array | Uint16Array | Float32Array;

/** Largest value of the pixels. */
export const fullScale = (data: Pixels): number =>
  data instanceof Uint8Array ? 255 : data instanceof Uint16Array ? 65_535 : 1;

/**
 * Numbers in 0..1 as bytes, or as 16-bit values.
 * @param how `nearest`, or `down`: cut off, as Practical-RIFE does, which darkens by half a step
 */
export function quantized(
  values: Float32Array,
  isDeep: boolean,
  how: 'nearest' | 'down' = 'nearest',
): Uint8Array | Uint16Array {
  const full = isDeep ? 65_535 : 255;
  const add = how === 'nearest' ? 0.5 : 0;
  const out = isDeep ? new Uint16Array(values.length) : new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++)
    out[i] = Math.min(full, Math.max(0, Math.fround(values[i]! * full) + add));
  return out;
}

export const SMALL = 32;
const CHANNELS = 3;

/**
 * Resized to 32 x 32 by bilinear sampling, without antialiasing: [32,32,3] in 0..1.
 * @param padded sides with zeros on the right and at the bottom, within which samples are taken
 */
export function smallOf(
  data: Pixels,
  width: number,
  height: number,
  padded: {width: number; height: number} = {width, height},
): Float32Array {
  const small = new Float32Array(SMALL * SMALL * CHANNELS);
  const divisor = fullScale(data);
  const at = (x: number, y: number, c: number) =>
    x < width && y < height ? data[(y * width + x) * CHANNELS + c]! / divisor : 0;
  const taps = (index: number, side: number) => {
    const place = Math.max(0, ((index + 0.5) * side) / SMALL - 0.5);
    const first = Math.min(side - 1, Math.floor(place));
    return {first, second: Math.min(side - 1, first + 1), share: place - first};
  };
  for (let y = 0; y < SMALL; y++) {
    const v = taps(y, padded.height);
    for (let x = 0; x < SMALL; x++) {
      const h = taps(x, padded.width);
      for (let c = 0; c < CHANNELS; c++) {
        const upper = at(h.first, v.first, c) * (1 - h.share) + at(h.second, v.first, c) * h.share;
        const lower = at(h.first, v.second, c) * (1 - h.share) + at(h.second, v.second, c) * h.share;
        small[(y * SMALL + x) * CHANNELS + c] = upper * (1 - v.share) + lower * v.share;
      }
    }
  }
  return small;
}

const RADIUS = 5;
const SIGMA = 1.5;
const WINDOW = (() => {
  const weights = Array.from({length: 2 * RADIUS + 1}, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => weight / sum);
})();

/** The window along one axis of [32,32,3], with the border repeated. */
function blurred(values: Float64Array, stride: number, length: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const place = Math.floor(i / stride) % length;
    let sum = 0;
    for (let k = -RADIUS; k <= RADIUS; k++) {
      const other = Math.min(length - 1, Math.max(0, place + k));
      sum += WINDOW[k + RADIUS]! * values[i + (other - place) * stride]!;
    }
    out[i] = sum;
  }
  return out;
}

/** Over height, width and the three channels: a colour is a third dimension there. */
const smooth = (values: Float64Array) =>
  blurred(blurred(blurred(values, SMALL * CHANNELS, SMALL), CHANNELS, SMALL), 1, CHANNELS);

const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/**
 * SSIM of two small pictures: a Gaussian window of 11 with sigma 1.5 in three dimensions
 * (`ssim_matlab` of Practical-RIFE). 1 for equal ones.
 */
export function likeness(a: Float32Array, b: Float32Array): number {
  const product = (one: Float32Array, other: Float32Array) =>
    Float64Array.from(one, (value, i) => value * other[i]!);
  const [meanA, meanB] = [smooth(Float64Array.from(a)), smooth(Float64Array.from(b))];
  const [aa, bb, ab] = [smooth(product(a, a)), smooth(product(b, b)), smooth(product(a, b))];
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const [ma, mb] = [meanA[i]!, meanB[i]!];
    const covariance = 2 * (ab[i]! - ma * mb) + C2;
    const variances = aa[i]! - ma * ma + (bb[i]! - mb * mb) + C2;
    sum += ((2 * ma * mb + C1) * covariance) / ((ma * ma + mb * mb + C1) * variances);
  }
  return sum / a.length;
}
