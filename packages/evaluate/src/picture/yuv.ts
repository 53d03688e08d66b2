/**
 * Frames of raw 8-bit YUV 4:2:0, as RIFE's scripts for HD read them (ECCV2022-RIFE:
 * benchmark/yuv_frame_io.py): the chroma enlarged by Pillow, RGB in bytes cut off.
 */
import type {Picture} from './picture.js';

/** How the chroma is enlarged: by Pillow's default since 7.0, or before. */
export type Chroma = 'bicubic' | 'nearest';

interface Plane {
  data: Uint8Array;
  height: number;
  width: number;
}

const {floor, max, min, trunc} = Math;

/** Bytes of a frame. */
export const yuvBytes = (height: number, width: number): number => floor(1.5 * height * width);

/** Pillow's cubic, a = -0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** Bits after the point of a weight (PRECISION_BITS of Pillow's src/libImaging/Resample.c). */
const BITS = 22;
/** Samples on either side that a cubic reaches. */
const SUPPORT = 2;

/** First sample, and fixed-point weights of the samples from there. */
interface Taps {
  first: number;
  weights: number[];
}

/** As precompute_coeffs and normalize_coeffs_8bpc of Pillow; for enlarging only. */
function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  return Array.from({length: to}, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = max(0, trunc(centre - SUPPORT + 0.5));
    const count = min(from, trunc(centre + SUPPORT + 0.5)) - first;
    const raw = Array.from({length: count}, (__, i) => cubic(i + first - centre + 0.5));
    const sum = raw.reduce((a, b) => a + b, 0);
    const weights = raw.map(weight => trunc((weight / sum) * 2 ** BITS + (weight < 0 ? -0.5 : 0.5)));
    return {first, weights};
  });
}

/** Rounded and clipped to a byte. */
const byteOf = (fixed: number) => max(0, min(255, (fixed + (1 << (BITS - 1))) >> BITS));

function wider({data, height, width}: Plane, to: number): Plane {
  const taps = tapsOf(width, to);
  const out = new Uint8Array(height * to);
  for (let y = 0, at = 0; y < height; y++)
    for (const {first, weights} of taps) {
      const from = y * width + first;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += data[from + i]! * weights[i]!;
      out[at++] = byteOf(sum);
    }
  return {data: out, height, width: to};
}

function higher({data, height, width}: Plane, to: number): Plane {
  const out = new Uint8Array(to * width);
  for (const [y, {first, weights}] of tapsOf(height, to).entries())
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += data[(first + i) * width + x]! * weights[i]!;
      out[y * width + x] = byteOf(sum);
    }
  return {data: out, height: to, width};
}

function nearest({data, height, width}: Plane, to: Omit<Plane, 'data'>): Plane {
  const out = new Uint8Array(to.height * to.width);
  for (let y = 0, at = 0; y < to.height; y++) {
    const row = width * floor(((y + 0.5) * height) / to.height);
    for (let x = 0; x < to.width; x++) out[at++] = data[row + floor(((x + 0.5) * width) / to.width)]!;
  }
  return {data: out, ...to};
}

/** `Image.resize` of Pillow on a plane of bytes, to a larger size. */
export function enlarged(plane: Plane, to: Omit<Plane, 'data'>, chroma: Chroma): Plane {
  return chroma === 'nearest' ? nearest(plane, to) : higher(wider(plane, to.width), to.height);
}

// The inverse that skimage.color.yuv2rgb computes. Values are cut off after it, so its last digits
// count.
const [RY, RU, RV] = [1.0000000000000002, -4.182779610884728e-9, 1.1398830297637945] as const;
const [GY, GU, GV] = [1, -0.3946423339441288, -0.5806218496761879] as const;
const [BY, BU, BV] = [1.0000000000000002, 2.0320618532969705, -1.2232658193378507e-9] as const;

const cutOff = (value: number) => trunc(255 * max(0, min(1, value)));

/** A frame as BGR bytes. @param bytes planes Y, U, V, of `yuvBytes` */
export function yuvToBgr(bytes: Uint8Array, height: number, width: number, chroma: Chroma): Picture {
  const half = {height: height >> 1, width: width >> 1};
  const luma = height * width;
  const quarter = half.height * half.width;
  const [u, v] = [0, 1].map(plane => {
    const data = bytes.subarray(luma + plane * quarter, luma + (plane + 1) * quarter);
    return enlarged({data, ...half}, {height, width}, chroma).data;
  }) as [Uint8Array, Uint8Array];
  const data = new Uint8Array(luma * 3);
  for (let i = 0, to = 0; i < luma; i++) {
    const [y, cb, cr] = [bytes[i]! / 255, u[i]! / 255 - 0.5, v[i]! / 255 - 0.5];
    data[to++] = cutOff(BY * y + BU * cb + BV * cr);
    data[to++] = cutOff(GY * y + GU * cb + GV * cr);
    data[to++] = cutOff(RY * y + RU * cb + RV * cr);
  }
  return {height, width, data};
}
