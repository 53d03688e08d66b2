import {statSync} from 'node:fs';
import {fileUnreadable, messageOf, videoUnreadable, type RifeError} from '@rife-train/errors';
import type {Crop} from './augment.js';
import type {Clip} from './clip.js';
import {endingOf} from './clip.js';
import {into, lastLine, runFfmpeg} from './ffmpeg.js';

/** What the scan learns of a video without decoding it. */
export interface VideoInfo {
  frames: number;
  width: number;
  height: number;
}

/** Where to look for video clip errors. */
type Named = Pick<Clip, 'id' | 'path'>;

// With an edit list some packets are decoded and thrown away, and their count would not be the frames' count.
export const inputArgs = (path: string) => [
  ...(['.mp4', '.mov', '.m4v'].includes(endingOf(path)) ? ['-ignore_editlist', '1'] : []),
  ...['-noautorotate', '-i', path, '-map', '0:v:0'],
];

function parseInfo(stderr: string): VideoInfo | undefined {
  const size = /Stream #[^\n]*Video:[^\n]*?[ ,](\d{2,5})x(\d{2,5})[ ,\n]/.exec(stderr);
  const frames = [...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1);
  if (!size || !frames) return undefined;
  return {width: Number(size[1]), height: Number(size[2]), frames: Number(frames[1])};
}

/** Counts packets with a stream copy to nowhere: about 20 ms a clip, where decoding it takes ten times that. */
export async function probeByFfmpeg(clip: Named): Promise<VideoInfo> {
  const {exitCode, stderr} = await runFfmpeg([
    '-xerror',
    ...inputArgs(clip.path),
    '-c',
    'copy',
    '-f',
    'null',
    '-',
  ]);
  if (exitCode !== 0) throw videoUnreadable(clip.id, clip.path, lastLine(stderr));
  const info = parseInfo(stderr);
  if (!info || info.frames === 0) throw videoUnreadable(clip.id, clip.path, 'it has no frames');
  return info;
}

const HAS_TABLES = new Set(['.mp4', '.mov']);

async function probe(clip: Named): Promise<VideoInfo> {
  if (!HAS_TABLES.has(endingOf(clip.path))) return probeByFfmpeg(clip);
  // Loaded late: decode threads come here never, and would load its parser each.
  const {tableInfo} = await import('./mp4.js');
  return (await tableInfo(clip.path)) ?? probeByFfmpeg(clip);
}

const probed = new Map<string, Promise<VideoInfo>>();

/**
 * Frames and size of a video. Remembered for the life of the process, by path, size and time of change.
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
  // A failure is asked again: the message names the clip, and ffmpeg may be installed by then.
  known.catch(() => probed.delete(key));
  return known;
}

/** How frames are brought out: some of them, a region, or in another size. */
interface VideoSelection {
  indices?: readonly number[] | undefined;
  /** Filters that bring out the region alone, in place of {@link TO_RGB}. */
  toRgb?: string | undefined;
  /** Pixels; those of the video by default. */
  size?: {width: number; height: number} | undefined;
}

// Numbering the frames anew at a constant rate keeps every frame exactly once in all versions of ffmpeg;
// accurate rounding makes the colours independent of the processor.
/** To RGB, in the video's own size. */
export const TO_RGB = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24';

const cropFilter = ({width, height, left, top}: Crop) => `crop=${width}:${height}:${left}:${top}`;

/** Places of colours repeat every 8 pixels at most. */
const GRID = 8;
/** Colours are looked up so far around: two samples, of which each may be four pixels, and some to spare. */
const MARGIN = 16;

/**
 * A region in RGB, with the bits that it has in the whole frame. Conversion takes a fifth of the time, so that only the region and a margin are converted; in a frame
 * whose sides are no multiples of 8, the places of its colours are not those of a part of it, and it is converted whole.
 */
function regionFilters(clip: {width: number; height: number}, crop: Crop): string {
  if (clip.width % GRID !== 0 || clip.height % GRID !== 0) return `${TO_RGB},${cropFilter(crop)}`;
  const from = (at: number) => Math.max(0, at - (at % GRID) - MARGIN);
  const to = (at: number, side: number) => Math.min(side, Math.ceil(at / GRID) * GRID + MARGIN);
  const [top, left] = [from(crop.top), from(crop.left)];
  const around = {
    ...{top, left},
    height: to(crop.top + crop.height, clip.height) - top,
    width: to(crop.left + crop.width, clip.width) - left,
  };
  return `${cropFilter(around)},${TO_RGB},${cropFilter({...crop, top: crop.top - top, left: crop.left - left})}`;
}

function filters({indices, size, toRgb = TO_RGB}: VideoSelection): string {
  const select = indices ? [`select='${indices.map(i => `eq(n,${i})`).join('+')}'`] : [];
  const pictures = size
    ? `scale=${size.width}:${size.height}:flags=area+accurate_rnd+full_chroma_int,format=rgb24`
    : toRgb;
  return [...select, 'settb=1/25', 'setpts=N', pictures].join(',');
}

const decodeArgs = (path: string, selection: VideoSelection, count: number) => [
  ...['-v', 'error', '-xerror', '-err_detect', 'explode', '-threads', '1'],
  ...inputArgs(path),
  ...['-vf', filters(selection), '-r', '25', '-frames:v', String(count), '-f', 'rawvideo', '-'],
];

/** Frames that were decoded, and what went wrong with the rest. */
export interface PartOfVideo {
  /** RGB bytes [F,H,W,3] of the frames that came. */
  rgb: Uint8Array;
  frames: number;
  /** RIFE_ERR_DATA_VIDEO, when it was fewer than asked for. */
  error?: RifeError;
}

/**
 * The first `count` frames in a smaller size, as RGB bytes; of a damaged video those before the damage.
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function decodeSmall(
  clip: Named,
  size: {width: number; height: number},
  count: number,
): Promise<PartOfVideo> {
  const frameBytes = size.height * size.width * 3;
  const output = new Uint8Array(count * frameBytes);
  const {exitCode, bytes, stderr} = await runFfmpeg(decodeArgs(clip.path, {size}, count), into(output));
  const frames = Math.floor(bytes / frameBytes);
  const rgb = output.subarray(0, frames * frameBytes);
  if (exitCode === 0 && frames === count) return {rgb, frames};
  const reason = exitCode === 0 ? `it gave ${frames} of ${count} frames` : lastLine(stderr);
  return {rgb, frames, error: videoUnreadable(clip.id, clip.path, reason)};
}

/**
 * Frames of a video as RGB bytes [F,H,W,3], in order of time.
 * @param indices ascending frame numbers; all frames without it.
 * @throws RIFE_ERR_DATA_VIDEO when ffmpeg reports damage or delivers fewer frames.
 */
export async function decodeVideo(clip: Clip, indices?: readonly number[]): Promise<Uint8Array> {
  const count = indices?.length ?? clip.frames;
  const output = new Uint8Array(count * clip.height * clip.width * 3);
  await decodeTo(clip, {indices}, into(output));
  return output;
}

/**
 * A region of some frames as RGB bytes [F,h,w,3]: the bytes that {@link decodeVideo} has there.
 * @param indices ascending frame numbers.
 * @throws as {@link decodeVideo}
 */
export async function decodeVideoRegion(
  clip: Clip,
  indices: readonly number[],
  crop: Crop,
): Promise<Uint8Array> {
  const output = new Uint8Array(indices.length * crop.height * crop.width * 3);
  const toRgb = regionFilters(clip, crop);
  await decodeTo({...clip, ...crop}, {indices, toRgb}, into(output));
  return output;
}

/**
 * Decodes all frames of a video without holding more than one.
 * @param onFrame receives RGB bytes [H,W,3] in order of time, valid until it returns; what it throws ends the decoding.
 * @throws as {@link decodeVideo}
 */
export async function streamVideo(clip: Clip, onFrame: (frame: Uint8Array) => void): Promise<void> {
  const frame = new Uint8Array(clip.height * clip.width * 3);
  let filled = 0;
  await decodeTo(clip, {}, chunk => {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + frame.length - filled);
      frame.set(part, filled);
      at += part.length;
      filled = (filled + part.length) % frame.length;
      if (filled === 0) onFrame(frame);
    }
  });
}

/** @param clip width and height are those of what comes out */
async function decodeTo(
  clip: Clip,
  selection: VideoSelection,
  onOutput: (chunk: Uint8Array) => void,
): Promise<void> {
  const count = selection.indices?.length ?? clip.frames;
  const frameBytes = clip.height * clip.width * 3;
  const {exitCode, bytes, stderr} = await runFfmpeg(decodeArgs(clip.path, selection, count), onOutput);
  if (exitCode !== 0) throw videoUnreadable(clip.id, clip.path, lastLine(stderr));
  if (bytes < count * frameBytes) {
    throw videoUnreadable(clip.id, clip.path, `it gave ${Math.floor(bytes / frameBytes)} of ${count} frames`);
  }
}
