/** Frames and size of a video. */
import {statSync} from 'node:fs';
import {fileUnreadable, messageOf, videoReason, videoUnreadable} from '@rife-train/errors';
import {timingOf} from './times.js';
import {MAX_PIXELS, type Clip, type Remark} from '../../clip.js';
import {faultOf} from './fault.js';
import {shapeOf} from './shape.js';
import {measureFrames} from './sizes.js';

/** What a scan finds out about a video. */
export interface VideoInfo {
  frames: number;
  width: number;
  height: number;
  /** Absent when there are none. */
  remarks?: Remark[];
}

/** The clip's name in errors, and its file. */
export type Named = Pick<Clip, 'id' | 'path'>;

/** Measures by decoding, which takes about ten times as long as reading the container's tables. */
export async function probeByDecoder(clip: Named): Promise<VideoInfo> {
  const {frames, sizes, whole} = await measureFrames(clip.path);
  const [first, second] = sizes;
  if (first && !second && whole) return {frames, width: first.width, height: first.height};
  throw videoUnreadable(clip.id, clip.path, (await faultOf(clip.path)).reason);
}

function remarksOf(times: readonly number[], rotation: number): Pick<VideoInfo, 'remarks'> {
  const remarks: Remark[] = [];
  if (times.length > 2 && timingOf(times).isVariable) remarks.push('variable-rate');
  if (rotation !== 0) remarks.push('rotated');
  return remarks.length > 0 ? {remarks} : {};
}

/** Size of the first frame, for tables that give the number of frames but not their size. */
async function firstSize({id, path}: Named): Promise<{width: number; height: number}> {
  const [first] = (await measureFrames(path, 1)).sizes;
  if (!first) throw videoUnreadable(id, path, (await faultOf(path)).reason);
  return {width: first.width, height: first.height};
}

/** @throws RIFE_ERR_DATA_VIDEO for frames that would take too much memory */
async function probe(clip: Named): Promise<VideoInfo> {
  const found = await read(clip);
  if (found.width * found.height <= MAX_PIXELS) return found;
  throw videoUnreadable(clip.id, clip.path, videoReason.tooLarge(found, MAX_PIXELS));
}

async function read(clip: Named): Promise<VideoInfo> {
  const {bytes, other, missing} = await shapeOf(clip.path);
  // A truncated file may still have the tables of the whole one.
  if (bytes === 0 || other !== undefined || missing !== undefined)
    throw videoUnreadable(clip.id, clip.path, (await faultOf(clip.path)).reason);
  // Loaded lazily: decode threads never need the parser.
  const {tableInfo} = await import('./tables.js');
  const tables = await tableInfo(clip.path);
  if (!tables) return probeByDecoder(clip);
  const {times, rotation, counted, size} = tables;
  const found = counted
    ? {frames: times.length, ...(size ?? (await firstSize(clip)))}
    : await probeByDecoder(clip);
  return {...found, ...remarksOf(times, rotation)};
}

const probed = new Map<string, Promise<VideoInfo>>();

/**
 * Frames and size of a video. Remembered for the life of the process, by path, size and time of
 * change.
 * @throws RIFE_ERR_DATA_VIDEO, RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_FFMPEG
 */
export function probeVideo(clip: Named): Promise<VideoInfo> {
  let key: string;
  try {
    const {size, mtimeMs} = statSync(clip.path);
    key = `${clip.path}:${size}:${mtimeMs}`;
  } catch (error) {
    return Promise.reject(fileUnreadable(clip.path, messageOf(error), error));
  }
  const known = probed.get(key) ?? probe(clip);
  probed.set(key, known);
  // Failures are not remembered: the message names the clip, and ffmpeg may be installed later.
  known.catch(() => probed.delete(key));
  return known;
}
