/**
 * Deterministic weights and frames of the fixtures: the values with which the reference ran when
 * the expected numbers were recorded. CRC-32 checksums of them are among the fixtures.
 */
import {crc32} from 'node:zlib';
import type {Model, ParameterSpec} from '@rife-train/core';

// Copied from the global object once: in jest's sandbox each look-up there costs more than the
// arithmetic.
const {floor, imul, max, min, PI, sin, sqrt} = Math;

/** Finaliser of MurmurHash3 on an unsigned 32-bit integer. */
function fmix32(value: number): number {
  let x = value >>> 0;
  x = imul(x ^ (x >>> 16), 0x85ebca6b);
  x = imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Sets each value to `valueOf` a number in [0,1) that depends only on the name and the index. */
function fillUniform(
  values: Float32Array,
  name: string,
  valueOf: (u: number, index: number) => number,
): Float32Array {
  const offset = crc32(name);
  for (let i = 0; i < values.length; i++)
    values[i] = valueOf(fmix32((imul(i, 2654435761) + offset) >>> 0) / 2 ** 32, i);
  return values;
}

/** Position of a parameter. */
interface Place {
  /** For the convolution to which it belongs; undefined for a slope. */
  fan: number | undefined;
  /**
   * Whether its network has batch norm, whose values stay away from every kink:
   * bench/twin/deterministic.py says why.
   */
  normed: boolean;
}

/** `fixtures` weights of one parameter in file layout. */
function fileWeights({name, fileShape}: ParameterSpec, {fan, normed}: Place): Float32Array {
  const values = new Float32Array(fileShape.reduce((a, b) => a * b, 1));
  if (name.includes('.norm.')) {
    const centre = (u: number) => (name.endsWith('.weight') ? 0.1 : u < 0.5 ? -0.7 : 0.7);
    return fillUniform(values, name, u => centre(u) + 0.05 * (u - 0.5));
  }
  if (name.endsWith('.beta')) return values.fill(1);
  if (fan === undefined) return values.fill(normed && !name.startsWith('block') ? 1 : 0.25);
  const bound = 1 / sqrt(fan);
  return fillUniform(values, name, (u, i) => {
    const value = (2 * u - 1) * bound;
    if (!normed) return value;
    if (name === 'unet.conv.weight') return 0.1 * value;
    // Four flows and a mask: [inputs,5,4,4], or [5].
    const isFlow = (name.endsWith('.bias') ? i : floor(i / 16) % 5) < 4;
    if (!name.includes('lastconv') || !isFlow) return value;
    return name.endsWith('.weight') ? 0.03 * value : name.startsWith('block0') ? 1 / 16 : 0;
  });
}

const made = new Map<string, Map<string, Float32Array>>();

/** All fixture weights of a model in file layout, by name; computed once per set of parameters. */
export function fixtureWeights({parameters}: Pick<Model, 'parameters'>): Map<string, Float32Array> {
  const key = parameters.map(({name, fileShape}) => `${name} ${fileShape}`).join();
  if (!made.has(key)) made.set(key, makeFileWeights(parameters));
  return made.get(key)!;
}

function makeFileWeights(parameters: readonly ParameterSpec[]): Map<string, Float32Array> {
  const fans = new Map(
    parameters
      .filter(p => p.fileShape.length === 4)
      .map(p => [p.name.replace(/\.weight$/, ''), p.fileShape.slice(1).reduce((a, b) => a * b)]),
  );
  const normed = parameters.some(p => p.name.includes('.norm.'));
  return new Map(
    parameters.map(p => [
      p.name,
      fileWeights(p, {fan: fans.get(p.name.replace(/\.(weight|bias)$/, '')), normed}),
    ]),
  );
}

const modulo = (a: number, n: number) => ((a % n) + n) % n;
const clamp01 = (x: number) => min(1, max(0, x));

/** uint8 frame [3,h,w] number k at time t: a disc that moves before a background that moves. */
export function fixtureFrame(k: number, h: number, w: number, t: number): Uint8Array {
  const [ux, uy] = [modulo(7 * k, 11) - 5, modulo(5 * k, 9) - 4];
  const [wx, wy] = [modulo(3 * k, 13) - 6, modulo(4 * k, 7) - 3];
  const cx = (w - 1) / 2 + wx * (t - 0.5);
  const cy = (h - 1) / 2 + wy * (t - 0.5);
  const tau = 2 * PI;
  const pixels = new Uint8Array(3 * h * w);
  for (let c = 0, i = 0; c < 3; c++) {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const [X, Y, P, Q] = [x - ux * t, y - uy * t, x - wx * t, y - wy * t];
        const d = sqrt((x - cx) ** 2 + (y - cy) ** 2);
        const al = clamp01((min(h, w) / 4 - d) / 2 + 0.5);
        const bg =
          0.5 +
          0.18 * sin(tau * (X / 23 + Y / 37) + 0.9 * c + 1.3 * k) +
          0.14 * sin(tau * (X / 11 - Y / 17) + 1.7 * c + 0.4 * k) +
          0.1 * sin(tau * (X / 61 + Y / 7) + 2.1 * c + 0.7 * k);
        const fg = 0.5 + 0.3 * sin((tau * P) / 13 + c + 0.2 * k) * sin((tau * Q) / 9 + 2 * c);
        pixels[i++] = floor(255 * clamp01(bg + al * (fg - bg)) + 0.497);
      }
    }
  }
  return pixels;
}

/** uint8 batch [n,9,h,w] of a step: img0, img1, gt. */
export function fixtureImages(step: number, n: number, h: number, w: number, t = 0.5): Uint8Array {
  const pixels = new Uint8Array(n * 9 * h * w);
  for (let b = 0; b < n; b++) {
    [0, 1, t].forEach((time, i) =>
      pixels.set(fixtureFrame(step * n + b, h, w, time), (b * 9 + i * 3) * h * w),
    );
  }
  return pixels;
}

/** The same batch as the program is fed, [n,h,w,9]. */
export function fixtureFeed(step: number, n: number, h: number, w: number, t = 0.5): Uint8Array {
  const planes = fixtureImages(step, n, h, w, t);
  const [area, feed] = [h * w, new Uint8Array(planes.length)];
  for (let b = 0; b < n; b++)
    for (let c = 0; c < 9; c++)
      for (let i = 0; i < area; i++) feed[(b * area + i) * 9 + c] = planes[(b * 9 + c) * area + i]!;
  return feed;
}

/** Flat file indices of the 16 gradient entries that the fixtures hold. */
export const sampledIndices = (name: string, size: number): number[] =>
  Array.from({length: 16}, (_, j) => fmix32((imul(j, 0x9e3779b9) + crc32(name)) >>> 0) % size);
