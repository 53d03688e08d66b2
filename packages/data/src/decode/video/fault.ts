/** Why a video can't be read: found out only once it has failed. */
import {statSync} from 'node:fs';
import {videoReason} from '@rife-train/errors';
import {runFfmpeg} from '../ffmpeg.js';
import {inputArgs} from './input.js';
import {shapeOf} from './shape.js';
import {measureFrames, type Measured} from './sizes.js';

/** A frame's sides, as they were told when the video was opened. */
interface Size {
  width: number;
  height: number;
}

type Told = Size & {frames: number};

/** What is wrong, and how many frames are right before it. */
export interface Fault {
  reason: string;
  /** Frames of the first size, before the damage. */
  sound: number;
  /** True where the frames behind these have another size, and nothing is damaged up to there. */
  resized?: boolean;
}

const COPY_ONE = ['-c', 'copy', '-frames:v', '1', '-f', 'null', '-'];

async function opens(args: readonly string[]): Promise<boolean> {
  return (await runFfmpeg(['-v', 'quiet', ...args])).exitCode === 0;
}

/** Of a video that gave no frame at all. */
async function whyNothing(path: string): Promise<string> {
  if (await opens([...(await inputArgs(path)), ...COPY_ONE])) return videoReason.noFrames();
  const isMedia = await opens(['-i', path, '-map', '0', '-t', '0', '-c', 'copy', '-f', 'null', '-']);
  return isMedia ? videoReason.noPictures() : videoReason.unknown();
}

/** Of a file whose end or content is missing, or that is none. */
async function whyNotMedia(path: string): Promise<{reason?: string; missing?: number}> {
  const {bytes, other, missing, noTables} = await shapeOf(path).catch(() => ({bytes: -1}) as never);
  if (bytes === 0) return {reason: videoReason.empty()};
  if (other !== undefined) return {reason: videoReason.other(other)};
  return noTables ? {reason: videoReason.noTables()} : {...(missing !== undefined && {missing})};
}

/** @param told how many there should be, if that is known */
function whyFewer(
  {frames, whole}: Measured,
  missing: number | undefined,
  told: number | undefined,
  amidst: boolean,
): string {
  if (missing !== undefined) return videoReason.cut(missing, frames);
  if (!whole) return amidst ? videoReason.amidst(frames) : videoReason.damaged(frames);
  if (told === undefined || frames === told) return videoReason.passing();
  return frames > told ? videoReason.more(told) : videoReason.fewer(frames, told);
}

async function findFault(path: string, told?: Told): Promise<Fault> {
  const {reason, missing} = await whyNotMedia(path);
  if (reason !== undefined) return {reason, sound: 0};
  const measured = await measureFrames(path);
  const {tableInfo} = await import('./tables.js');
  const amidst = (await tableInfo(path))?.amidst ?? false;
  const [first, second] = measured.sizes;
  if (!first) {
    const nothing = missing === undefined && !amidst ? await whyNothing(path) : undefined;
    return {reason: nothing ?? whyFewer(measured, missing, told?.frames ?? 0, amidst), sound: 0};
  }
  if (told && (first.width !== told.width || first.height !== told.height))
    return {reason: videoReason.misjudged(told, first), sound: 0};
  const sound = first.frames;
  if (second) return {reason: videoReason.resized(sound, first, second), sound, resized: true};
  return {reason: whyFewer(measured, missing, told?.frames, amidst), sound};
}

const found = new Map<string, Promise<Fault>>();

const keyOf = (path: string, {frames, width, height}: Partial<Told> = {}) => {
  const {size, mtimeMs} = statSync(path, {throwIfNoEntry: false}) ?? {};
  return [path, size, mtimeMs, frames, width, height].join(':');
};

/** The fault, if it was looked for before. */
export const knownFault = (path: string, told: Told): Promise<Fault> | undefined =>
  found.get(keyOf(path, told));

/**
 * Decodes a video that could not be read once more, up to its first damage. Remembered: other samples of the clip fail as well.
 * @param told size and number of frames that were expected; without it, those of the first frame
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export function faultOf(path: string, told?: Told): Promise<Fault> {
  const key = keyOf(path, told);
  const known = found.get(key) ?? findFault(path, told);
  found.set(key, known);
  known.catch(() => found.delete(key));
  return known;
}
