/**
 * Block matching on small pictures. Windows of 16 x 16 small pixels, on a grid of 8, are searched
 * in the other picture: at half size within the whole range, then at full size within 2 pixels,
 * then with subpixel accuracy by a parabola.
 */
import {halve, type Luma, type LumaSize} from './luma.js';

/** Side of a window, small pixels. */
const WINDOW = 16;
/** Distance of the windows, small pixels. */
const STEP = 8;
/** Search range in small pixels: a quarter of the longer side. */
export const RANGE = 24;
/** Pixels around the coarse match that are tried at full size. */
const REFINE = 2;
/**
 * Mean absolute difference up to which an unmoved window counts as matched: noise of a good
 * picture.
 */
const SAME = 1;
/**
 * Levels per small pixel by which a more distant match must be better, so that flat areas and noise
 * do not move.
 */
const COST_OF_DISTANCE = 0.04;
/**
 * Mean absolute deviation below which a window is flat: it matches anywhere, so its motion is
 * meaningless.
 */
const FLAT = 4;

/** Matches of the windows of a picture; arrays have one entry per window, row by row. */
export interface BlockMatch {
  /** Motion from the first to the second picture, small pixels. */
  dx: Float32Array;
  dy: Float32Array;
  /** Mean absolute difference of the match, levels. */
  residual: Float32Array;
  /** Mean absolute deviation of the window from its mean, levels. */
  texture: Float32Array;
}

interface Search {
  a: Luma;
  b: Luma;
  size: LumaSize;
  /** Side of the window in this size. */
  window: number;
}

/**
 * Sum of absolute differences of a window of `a` and of one of `b`; stops when it is above `limit`.
 */
function difference({a, b, size: {width}, window}: Search, from: number, to: number, limit: number): number {
  let sum = 0;
  for (let y = 0; y < window; y++, from += width, to += width) {
    for (let x = 0; x < window; x++) {
      const d = a[from + x]! - b[to + x]!;
      sum += d < 0 ? -d : d;
    }
    if (sum > limit) return Infinity;
  }
  return sum;
}

/** Shifts within a range in order of their length: the search stops at the nearest good one. */
const shiftsOf = new Map<number, {x: number; y: number; length: number}[]>();

function shifts(range: number) {
  const known = shiftsOf.get(range);
  if (known) return known;
  const side = Array.from({length: 2 * range + 1}, (_, i) => i - range);
  const all = side.flatMap(y => side.map(x => ({x, y, length: Math.hypot(x, y)})));
  all.sort((one, other) => one.length - other.length);
  shiftsOf.set(range, all);
  return all;
}

/**
 * Best place of the window at (x, y) among shifts within `range` of `start`, inside the picture.
 */
function bestShift(search: Search, x: number, y: number, start: readonly [number, number], range: number) {
  const {size, window} = search;
  const area = window * window;
  const from = y * size.width + x;
  const still = difference(search, from, from, Infinity);
  let best = {dx: 0, dy: 0, sum: still, score: still};
  if (still <= SAME * area) return best;
  const cost = COST_OF_DISTANCE * area;
  const isAround = start[0] !== 0 || start[1] !== 0;
  for (const shift of shifts(range)) {
    const [dx, dy] = [start[0] + shift.x, start[1] + shift.y];
    const far = cost * (isAround ? Math.hypot(dx, dy) : shift.length);
    if (far >= best.score) {
      if (isAround) continue;
      break;
    }
    const [toX, toY] = [x + dx, y + dy];
    if (toX < 0 || toY < 0 || toX + window > size.width || toY + window > size.height) continue;
    const sum = difference(search, from, toY * size.width + toX, best.score - far);
    if (sum + far < best.score) best = {dx, dy, sum, score: sum + far};
  }
  return best;
}

/** Lowest point of the parabola through three neighbours, in -0.5..0.5. */
function parabola(before: number, at: number, after: number): number {
  const bend = before - 2 * at + after;
  return bend > 0 && Number.isFinite(bend) ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
}

function betweenPixels(search: Search, x: number, y: number, best: {dx: number; dy: number; sum: number}) {
  const {size, window} = search;
  const sumAt = (dx: number, dy: number) => {
    const [toX, toY] = [x + dx, y + dy];
    const inside = toX >= 0 && toY >= 0 && toX + window <= size.width && toY + window <= size.height;
    return inside ? difference(search, y * size.width + x, toY * size.width + toX, Infinity) : NaN;
  };
  const {dx, dy, sum} = best;
  return [
    dx + parabola(sumAt(dx - 1, dy), sum, sumAt(dx + 1, dy)),
    dy + parabola(sumAt(dx, dy - 1), sum, sumAt(dx, dy + 1)),
  ] as const;
}

function textureAt({a, size: {width}, window}: Search, x: number, y: number): number {
  let sum = 0;
  for (let v = 0; v < window; v++) for (let u = 0; u < window; u++) sum += a[(y + v) * width + x + u]!;
  const mean = sum / (window * window);
  let deviation = 0;
  for (let v = 0; v < window; v++)
    for (let u = 0; u < window; u++) deviation += Math.abs(a[(y + v) * width + x + u]! - mean);
  return deviation / (window * window);
}

/** Upper left corners of the windows along a side; the last one ends at the border. */
function places(side: number): number[] {
  const count = Math.max(1, Math.ceil((side - WINDOW) / STEP) + 1);
  return Array.from({length: count}, (_, i) => Math.max(0, Math.min(i * STEP, side - WINDOW)));
}

/**
 * Searches each window of `a` in `b`. Sides of at least 16.
 * @param range search range, small pixels
 */
export function matchBlocks(a: Luma, b: Luma, size: LumaSize, range = RANGE): BlockMatch {
  const full: Search = {a, b, size, window: WINDOW};
  const halfSize = {width: size.width >> 1, height: size.height >> 1};
  const half: Search = {a: halve(a, size), b: halve(b, size), size: halfSize, window: WINDOW / 2};
  const corners = places(size.height).flatMap(y => places(size.width).map(x => [x, y] as const));
  const count = corners.length;
  const [dx, dy] = [new Float32Array(count), new Float32Array(count)];
  const [residual, texture] = [new Float32Array(count), new Float32Array(count)];
  for (const [index, [x, y]] of corners.entries()) {
    const halfX = Math.min(x >> 1, halfSize.width - half.window);
    const halfY = Math.min(y >> 1, halfSize.height - half.window);
    const coarse = bestShift(half, halfX, halfY, [0, 0], range >> 1);
    const best = bestShift(full, x, y, [2 * coarse.dx, 2 * coarse.dy], REFINE);
    [dx[index], dy[index]] = betweenPixels(full, x, y, best);
    residual[index] = best.sum / (WINDOW * WINDOW);
    texture[index] = textureAt(full, x, y);
  }
  return {dx, dy, residual, texture};
}

/** Length of motion of every matched window that is not flat, small pixels. */
export function lengthsOf({dx, dy, residual, texture}: BlockMatch): number[] {
  const lengths: number[] = [];
  for (const [i, deviation] of texture.entries())
    if (deviation >= FLAT && residual[i]! < deviation) lengths.push(Math.hypot(dx[i]!, dy[i]!));
  return lengths;
}

/** Least difference that is not noise, levels. */
const NOISE = 5;
/** A match whose residual exceeds this share of the texture is not a match. */
const LEFT_OVER = 0.5;

/** Share (0..1) of the windows without a match in the other picture. */
export function unexplained({residual, texture}: BlockMatch): number {
  let lost = 0;
  for (const [i, rest] of residual.entries()) if (rest > Math.max(NOISE, LEFT_OVER * texture[i]!)) lost++;
  return lost / residual.length;
}
