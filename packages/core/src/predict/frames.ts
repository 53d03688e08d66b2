/** Pictures on the host: checks, padding and cropping. Axes: H height, W width. */
import {predictFrame, predictScale, predictSizes} from '@rife-train/errors';

/** Pixels. */
export interface FrameSize {
  height: number;
  width: number;
}

/** A picture. */
export interface Frame extends FrameSize {
  /** [H,W,3], row-major, BGR as in training: bytes, or float32 in 0..1 (a predicted frame, say). */
  data: Uint8Array | Float32Array;
}

/** The reference's values of `--scale`. */
const SCALES = [0.25, 0.5, 1, 2, 4];
/** The reference pads to 32 at least. */
const LEAST_MULTIPLE = 32;

const isSide = (side: unknown) => Number.isSafeInteger(side) && (side as number) >= 1;

function checkFrame(name: string, {data, height, width}: Frame): void {
  if (!isSide(height) || !isSide(width)) throw predictFrame(name, `is ${height} x ${width} (height x width)`);
  if (!(data instanceof Uint8Array || data instanceof Float32Array))
    throw predictFrame(name, 'holds neither a Uint8Array nor a Float32Array');
  if (data.length !== height * width * 3)
    throw predictFrame(name, `has ${data.length} values for ${height} x ${width} pixels`);
}

/** @throws RIFE_ERR_PREDICT_FRAME, RIFE_ERR_PREDICT_SIZES */
export function checkFrames(img0: Frame, img1: Frame): void {
  checkFrame('img0', img0);
  checkFrame('img1', img1);
  if (img0.height !== img1.height || img0.width !== img1.width) throw predictSizes(img0, img1);
}

/**
 * Scales of the blocks, and the multiple that sides are padded to: the reference's max(32, 32 /
 * scale), and more where the coarsest block asks for it (it works on a quarter of its scale).
 * @throws RIFE_ERR_PREDICT_SCALE
 */
export function scalesFor(list: readonly number[], scale: number): {scales: number[]; multiple: number} {
  if (!SCALES.includes(scale)) throw predictScale('scale', scale, `one of ${SCALES.join(', ')}`);
  if (!Array.isArray(list) || list.length === 0 || !list.every(x => Number.isFinite(x) && x > 0))
    throw predictScale('scaleList', list, 'a list of positive numbers, one for each block');
  const scales = (list as number[]).map(x => x / scale);
  return {scales, multiple: Math.max(LEAST_MULTIPLE, LEAST_MULTIPLE / scale, 4 * Math.max(...scales))};
}

const roundUp = (side: number, multiple: number) => Math.ceil(side / multiple) * multiple;

/** img0 and img1 as the network takes them. */
export interface FramePair extends FrameSize {
  /** [H,W,6]: bytes when both frames have them, else float32 in 0..1. */
  data: Uint8Array | Float32Array;
}

/** Copies a frame into three of the six channels, divided by a number. */
function copyInto(pair: FramePair, {data, height, width}: Frame, channel: number, divisor: number): void {
  for (let y = 0; y < height; y++) {
    let from = y * width * 3;
    let to = y * pair.width * 6 + channel;
    for (let x = 0; x < width; x++, from += 3, to += 6)
      for (let c = 0; c < 3; c++) pair.data[to + c] = data[from + c]! / divisor;
  }
}

/** Both frames in one array, with zeros on the right and at the bottom up to a multiple. */
export function paddedPair(img0: Frame, img1: Frame, multiple: number): FramePair {
  const height = roundUp(img0.height, multiple);
  const width = roundUp(img0.width, multiple);
  const isBytes = [img0, img1].every(({data}) => data instanceof Uint8Array);
  const pair = {height, width, data: new (isBytes ? Uint8Array : Float32Array)(height * width * 6)};
  for (const [i, frame] of [img0, img1].entries())
    copyInto(pair, frame, 3 * i, isBytes || frame.data instanceof Float32Array ? 1 : 255);
  return pair;
}

/** The upper left part of [H,W,C] values. */
export function cropped(
  values: Float32Array,
  from: FrameSize,
  {height, width}: FrameSize,
  channels: number,
): Float32Array {
  if (from.width === width) return values.slice(0, height * width * channels);
  const part = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const start = y * from.width * channels;
    part.set(values.subarray(start, start + width * channels), y * width * channels);
  }
  return part;
}
