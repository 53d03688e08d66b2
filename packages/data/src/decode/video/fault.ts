/** Why a video can't be read. Examined only after a failure. */
import {statSync} from 'node:fs';
import {videoReason} from '@rife-train/errors';
import {runFfmpeg} from '../runFfmpeg.js';
import {inputArgs, onlyFile} from './input.js';
import {shapeOf} from './shape.js';
import {measureFrames, type Measured} from './sizes.js';

/** Sides of a frame in pixels. */
interface Size {
  width: number;
  height: number;
}

type Expected = Size & {frames: number};

/** What is wrong, and how many frames before it are good. */
export interface Fault {
  reason: string;
  /** Frames of the first size, before the damage. */
  sound: number;
  /** True if the next frame has another size, and nothing before it is damaged. */
  resized?: boolean;
}

const COPY_ONE = ['-c', 'copy', '-frames:v', '1', '-f', 'null', '-'];

async function opens(args: readonly string[]): Promise<boolean> {
  return (await runFfmpeg(['-v', 'quiet', ...args])).exitCode === 0;
}

/** The reason for a video without a single frame. */
async function whyNothing(path: string): Promise<string> {
  if (await opens([...(await inputArgs(path)), ...COPY_ONE])) return videoReason.noFrames();
  const isMedia = await opens([...onlyFile(path), '-map', '0', '-t', '0', '-c', 'copy', '-f', 'null', '-']);
  return isMedia ? videoReason.noPictures() : videoReason.unknown();
}

/** The reason for a file that is truncated, empty or not a video. */
async function whyNotMedia(path: string): Promise<{reason?: string; missing?: number}> {
  const {bytes, other, missing, noTables} = await shapeOf(path).catch(() => ({bytes: -1}) as never);
  if (bytes === 0) return {reason: videoReason.empty()};
  if (other !== undefined) return {reason: videoReason.other(other)};
  return noTables ? {reason: videoReason.noTables()} : {...(missing !== undefined && {missing})};
}

/** @param expected number of frames, if known */
function whyFewer(
  {frames, whole}: Measured,
  missing: number | undefined,
  expected: number | undefined,
  amidst: boolean,
): string {
  if (missing !== undefined) return videoReason.cut(missing, frames);
  if (!whole) return amidst ? videoReason.amidst(frames) : videoReason.damaged(frames);
  if (expected === undefined || frames === expected) return videoReason.passing();
  return frames > expected ? videoReason.more(expected) : videoReason.fewer(frames, expected);
}

async function findFault(path: string, expected?: Expected): Promise<Fault> {
  const {reason, missing} = await whyNotMedia(path);
  if (reason !== undefined) return {reason, sound: 0};
  const measured = await measureFrames(path);
  const {tableInfo} = await import('./tables.js');
  const amidst = (await tableInfo(path))?.amidst ?? false;
  const [first, second] = measured.sizes;
  if (!first) {
    const nothing = missing === undefined && !amidst ? await whyNothing(path) : undefined;
    return {reason: nothing ?? whyFewer(measured, missing, expected?.frames ?? 0, amidst), sound: 0};
  }
  if (expected && (first.width !== expected.width || first.height !== expected.height))
    return {reason: videoReason.misjudged(expected, first), sound: 0};
  const sound = first.frames;
  if (second) return {reason: videoReason.resized(sound, first, second), sound, resized: true};
  return {reason: whyFewer(measured, missing, expected?.frames, amidst), sound};
}

const found = new Map<string, Promise<Fault>>();

const keyOf = (path: string, {frames, width, height}: Partial<Expected> = {}) => {
  const {size, mtimeMs} = statSync(path, {throwIfNoEntry: false}) ?? {};
  return [path, size, mtimeMs, frames, width, height].join(':');
};

/** The fault, if it was examined before. */
export const knownFault = (path: string, expected: Expected): Promise<Fault> | undefined =>
  found.get(keyOf(path, expected));

/**
 * Decodes a video that could not be read again, up to its first damage. The result is remembered,
 * since other samples of the clip fail as well.
 * @param expected size and number of frames; without it, the size of the first frame
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export function faultOf(path: string, expected?: Expected): Promise<Fault> {
  const key = keyOf(path, expected);
  const known = found.get(key) ?? findFault(path, expected);
  found.set(key, known);
  known.catch(() => found.delete(key));
  return known;
}
