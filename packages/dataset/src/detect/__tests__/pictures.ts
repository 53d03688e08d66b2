/**
 * Hand-made small pictures: a texture without end that can be looked at from anywhere, also between
 * pixels.
 */
import type {Luma, LumaSize} from '../luma';

export const SIZE: LumaSize = {width: 96, height: 64};

/** A number in [0,1) for a place of a texture. */
function hash(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(seed, 2147483647);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Sides of the lattice of a texture, which then begins anew. */
const SIDE = 64;
const lattices = new Map<number, Float32Array>();

function latticeOf(seed: number): Float32Array {
  let lattice = lattices.get(seed);
  if (!lattice) {
    lattice = Float32Array.from({length: SIDE * SIDE}, (_, i) => hash(i % SIDE, Math.floor(i / SIDE), seed));
    lattices.set(seed, lattice);
  }
  return lattice;
}

const smooth = (t: number) => t * t * (3 - 2 * t);

function valueNoise(x: number, y: number, lattice: Float32Array): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const u = smooth(x - left);
  const v = smooth(y - top);
  const x0 = left & (SIDE - 1);
  const x1 = (left + 1) & (SIDE - 1);
  const y0 = (top & (SIDE - 1)) * SIDE;
  const y1 = ((top + 1) & (SIDE - 1)) * SIDE;
  const above = lattice[y0 + x0]! * (1 - u) + lattice[y0 + x1]! * u;
  const below = lattice[y1 + x0]! * (1 - u) + lattice[y1 + x1]! * u;
  return above * (1 - v) + below * v;
}

/** Brightness of a texture at any place; one seed is one scene. */
function texture(x: number, y: number, seed: number): number {
  const fine = latticeOf(seed + 1000);
  return 30 + 110 * valueNoise(x / 11, y / 11, latticeOf(seed)) + 90 * valueNoise(x / 5, y / 5, fine);
}

function fill(at: (x: number, y: number) => number, {width, height} = SIZE): Luma {
  const luma = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++) luma[i++] = at(x, y);
  return luma;
}

/** A scene; what is in it has moved by (dx, dy) small pixels. */
export const scene = (seed: number, dx = 0, dy = 0, size = SIZE): Luma =>
  fill((x, y) => texture(x - dx, y - dy, seed), size);

export const flat = (level: number, size = SIZE): Luma => fill(() => level, size);

/** `on` with a rectangle of another scene in it. */
export const withObject = (
  on: Luma,
  [left, top, width, height]: readonly [number, number, number, number],
  seed: number,
): Luma =>
  fill((x, y) =>
    x >= left && x < left + width && y >= top && y < top + height
      ? texture(x - left, y - top, seed)
      : on[y * SIZE.width + x]!,
  );

/** Noise of about so many levels, other for each `seed`. */
export const noisy = (luma: Luma, levels: number, seed: number): Luma =>
  luma.map((value, i) => {
    const sum = hash(i, 1, seed) + hash(i, 2, seed) + hash(i, 3, seed) - 1.5;
    return Math.max(0, Math.min(255, Math.round(value + 2 * levels * sum)));
  });

export const brighter = (luma: Luma, levels: number): Luma =>
  luma.map(value => Math.max(0, Math.min(255, value + levels)));

/** `count` pictures. */
export const clip = (count: number, at: (frame: number) => Luma): Luma[] =>
  Array.from({length: count}, (_, i) => at(i));
