/** Frames of a video. */
import {videoUnreadable, type RifeError} from '@rife-train/errors';
import type {Clip, Crop} from '../../clip.js';
import {into} from '../runFfmpeg.js';
import {faultOf, knownFault, type Fault} from './fault.js';
import {numberedInput, onlyFrames, onlySize, rawOutput, runOnVideo, STRICT, TO_RGB} from './input.js';
import type {Named, VideoInfo} from './probe.js';

/** Which frames to output, and how. */
interface VideoSelection {
  indices?: readonly number[] | undefined;
  /** Maximum number of frames; all by default. */
  limit?: number | undefined;
  /** Filters to RGB. */
  toRgb: string;
  /** Bytes of an output picture. */
  bytes: number;
}

type Sized = Named & Pick<VideoInfo, 'frames' | 'width' | 'height'>;

const cropFilter = ({width, height, left, top}: Crop) => `crop=${width}:${height}:${left}:${top}`;

/** Positions of chroma samples repeat every 8 pixels at most. */
const GRID = 8;
/**
 * Pixels around a region that affect its colours: two chroma samples of up to four pixels each,
 * with a reserve.
 */
const MARGIN = 16;

/**
 * Filters for a region in RGB, with the same bits as in the whole frame. Conversion takes a fifth
 * of the time, so only the region and a margin are converted. In a frame whose sides are not
 * multiples of 8, chroma positions of a part differ, so the whole frame is converted.
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

/** @param guard stops ffmpeg at a frame of another size */
async function decodeArgs(clip: Sized, {indices, limit, toRgb}: VideoSelection, guard: boolean) {
  const filters = [
    ...(guard ? [onlySize(clip)] : []),
    ...(indices ? [onlyFrames(indices.map(index => [index, index] as const))] : []),
    toRgb,
  ];
  return [
    ...[...STRICT, '-threads', '1', ...(await numberedInput(clip.path))],
    ...(await rawOutput(filters, 'rgb24', indices?.length ?? limit)),
  ];
}

const failure = async ({id, path}: Named, fault: Promise<Fault>) =>
  videoUnreadable(id, path, (await fault).reason);

/**
 * Decodes, and checks that exactly the expected number of bytes was received.
 * @returns undefined if it was, else the error
 */
async function decodeTo(
  clip: Sized,
  selection: VideoSelection,
  onOutput: (chunk: Uint8Array) => void,
): Promise<RifeError | undefined> {
  const {indices, limit, bytes} = selection;
  const wanted = (indices?.length ?? limit ?? clip.frames) * bytes;
  const result = await runOnVideo(clip.path, () => decodeArgs(clip, selection, true), onOutput);
  if (result.exitCode === 0 && result.bytes === wanted) return undefined;
  return failure(clip, faultOf(clip.path, clip));
}

/** Decoded frames, and why there are no more. */
export interface PartOfVideo {
  /** RGB bytes [F,H,W,3] of the decoded frames. */
  rgb: Uint8Array;
  frames: number;
  /** RIFE_ERR_DATA_VIDEO if there are fewer than requested. */
  error?: RifeError;
}

/**
 * The first `count` frames in a smaller size, as RGB bytes; of a damaged video, those before the
 * damage.
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function decodeSmall(
  clip: Sized,
  size: {width: number; height: number},
  count: number,
): Promise<PartOfVideo> {
  const frameBytes = size.height * size.width * 3;
  const output = new Uint8Array(count * frameBytes);
  const put = into(output);
  let came = 0;
  const toRgb = `scale=${size.width}:${size.height}:flags=area+accurate_rnd+full_chroma_int,format=rgb24`;
  const error = await decodeTo(clip, {toRgb, bytes: frameBytes, limit: count}, chunk => {
    came += chunk.length;
    put(chunk);
  });
  const frames = Math.min(count, Math.floor(came / frameBytes));
  return {rgb: output.subarray(0, frames * frameBytes), frames, ...(error && {error})};
}

/**
 * Decodes some frames. If the video has a fault only after the last of them, they are still
 * returned.
 * @throws RIFE_ERR_DATA_VIDEO
 */
async function decodeSome(
  clip: Clip,
  indices: readonly number[],
  toRgb: string,
  bytes: number,
): Promise<Uint8Array> {
  const selection = {indices, toRgb, bytes};
  const output = new Uint8Array(indices.length * bytes);
  const known = knownFault(clip.path, clip);
  const error = known ? await failure(clip, known) : await decodeTo(clip, selection, into(output));
  if (!error) return output;
  if ((await faultOf(clip.path, clip)).sound <= indices.at(-1)!) throw error;
  const again = await runOnVideo(clip.path, () => decodeArgs(clip, selection, false), into(output));
  if (again.bytes !== output.length) throw error;
  return output;
}

/**
 * Frames of a video as RGB bytes [F,H,W,3], in order of time.
 * @param indices ascending frame numbers; all frames without it.
 * @throws RIFE_ERR_DATA_VIDEO when ffmpeg reports damage, delivers another number of frames, or one
 * of another size.
 */
export async function decodeVideo(clip: Clip, indices?: readonly number[]): Promise<Uint8Array> {
  const bytes = clip.height * clip.width * 3;
  if (indices) return decodeSome(clip, indices, TO_RGB, bytes);
  const output = new Uint8Array(clip.frames * bytes);
  const error = await decodeTo(clip, {toRgb: TO_RGB, bytes}, into(output));
  if (error) throw error;
  return output;
}

/**
 * A region of some frames as RGB bytes [F,h,w,3]: the bytes that {@link decodeVideo} has there.
 * @param indices ascending frame numbers.
 * @throws as {@link decodeVideo}
 */
export const decodeVideoRegion = (clip: Clip, indices: readonly number[], crop: Crop): Promise<Uint8Array> =>
  decodeSome(clip, indices, regionFilters(clip, crop), crop.height * crop.width * 3);

/**
 * Decodes all frames of a video without holding more than one.
 * @param onFrame receives RGB bytes [H,W,3] in order of time, valid until it returns; what it
 * throws stops the decoding.
 * @throws as {@link decodeVideo}
 */
export async function streamVideo(clip: Clip, onFrame: (frame: Uint8Array) => void): Promise<void> {
  const frame = new Uint8Array(clip.height * clip.width * 3);
  let [filled, done] = [0, 0];
  const error = await decodeTo(clip, {toRgb: TO_RGB, bytes: frame.length}, chunk => {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + frame.length - filled);
      frame.set(part, filled);
      at += part.length;
      filled = (filled + part.length) % frame.length;
      // A surplus is an error, reported at the end.
      if (filled === 0 && done++ < clip.frames) onFrame(frame);
    }
  });
  if (error) throw error;
}
