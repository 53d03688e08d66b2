/**
 * Small brightness pictures, on which all detectors work. Each frame is decoded once and reduced to
 * one.
 */
import {meanOf} from '@rife-train/data/parts';

/** Brightness 0..255 of one frame, [height,width] row by row. */
export type Luma = Uint8Array;

/** Sides of the small pictures of a clip, in small pixels. */
export interface LumaSize {
  width: number;
  height: number;
}

/** Small pixels on the longer side. */
export const LONG_SIDE = 96;

/** Small pixels on the shorter side, at least: two windows of the block matching. */
const LEAST_SIDE = 32;

/**
 * Sides of the small picture of a frame: 96 on the longer one, never larger than the frame, at
 * least 32.
 */
export function lumaSize(width: number, height: number): LumaSize {
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  const side = (pixels: number) => Math.max(LEAST_SIDE, Math.round(pixels * scale));
  return {width: side(width), height: side(height)};
}

/** Brightness (ITU-R BT.601) of RGB bytes [H,W,3]. */
export function lumaOf(rgb: Uint8Array): Luma {
  const luma = new Uint8Array(rgb.length / 3);
  for (let i = 0, at = 0; i < luma.length; i++, at += 3)
    luma[i] = (rgb[at]! * 299 + rgb[at + 1]! * 587 + rgb[at + 2]! * 114 + 500) / 1000;
  return luma;
}

/** Are two pictures equal bit by bit? */
export const isSame = (a: Luma, b: Luma) => a.every((value, i) => value === b[i]);

/** Half the sides, each pixel the mean of four. An odd last row or column is left out. */
export function halve(luma: Luma, {width, height}: LumaSize): Luma {
  const [w, h] = [width >> 1, height >> 1];
  const half = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const at = 2 * y * width + 2 * x;
      half[y * w + x] = (luma[at]! + luma[at + 1]! + luma[at + width]! + luma[at + width + 1]! + 2) >> 2;
    }
  }
  return half;
}

/**
 * Means over a grid of `columns` x `rows` cells, [rows,columns]. This removes pixel noise but keeps
 * motion.
 */
export function cellMeans(
  luma: Luma,
  {width, height}: LumaSize,
  columns: number,
  rows: number,
): Float32Array {
  const sums = new Float32Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * columns) / width);
      sums[cell]! += luma[y * width + x]!;
      counts[cell]!++;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

/**
 * Share of the cells that count as the most changed ones: a small object may move before a static
 * background.
 */
const TOP_SHARE = 0.03;

/** Mean of the largest 3 % of the values. */
export function topMean(values: Float32Array): number {
  const sorted = Float32Array.from(values).sort();
  return meanOf(sorted.subarray(Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - TOP_SHARE)))));
}

/** How much the most changed 3 % of the cells differ, in levels of brightness. */
export const topChange = (a: Float32Array, b: Float32Array): number =>
  topMean(a.map((value, i) => Math.abs(value - b[i]!)));
