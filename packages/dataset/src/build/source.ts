/** A source video: frame times from its packets, and its frames. */
import {stat} from 'node:fs/promises';
import {
  dialectOnce,
  faultOf,
  inputArgs,
  measureFrames,
  numberedInput,
  onlyFrames,
  onlySize,
  rawOutput,
  shapeOf,
  startFfmpeg,
  STRICT,
  TO_RGB,
} from '@rife-train/data/parts';
import {buildVideoUnreadable, fileUnreadable, messageOf} from '@rife-train/errors';
import type {Luma} from '../detect/luma.js';
import {lookSize, type LookSize} from './look.js';
import {streamFrames} from './stream.js';

/** What is known about a video before decoding. */
export interface SourceInfo {
  /** Absolute path. */
  path: string;
  /** Bytes of the file. */
  bytes: number;
  /** Pixels as stored: rotation is ignored, as everywhere in this package. */
  width: number;
  height: number;
  /** Presentation time of each frame, seconds, ascending. */
  times: number[];
}

/** Printed by ffmpeg for a packet without a time: the smallest 64-bit number. */
const NO_TIME = -(2 ** 63);

/**
 * Reads the lines of `-f framecrc`: header lines begin with #, others are stream, dts, pts,
 * duration, size, checksum.
 */
class PacketReader {
  private timebase = 0;
  private readonly heldTimes: number[] = [];
  private readonly decodeTimes: number[] = [];

  line(text: string): void {
    const [, name, value] = /^#(\w+) 0: +(\S+)/.exec(text) ?? [];
    if (name === 'tb') {
      const [over, under] = value!.split('/').map(Number);
      this.timebase = over! / under!;
    } else if (!text.startsWith('#')) {
      const [, decoded, shown] = text.split(',').map(Number);
      if (shown === undefined) return;
      if (shown !== NO_TIME) this.heldTimes.push(shown);
      this.decodeTimes.push(decoded!);
    }
  }

  /**
   * Times in order; packets come in decoding order. For files without presentation times (AVI, raw
   * streams), even steps are assumed.
   */
  times(): number[] {
    const {length} = this.decodeTimes;
    if (this.heldTimes.length === length)
      return this.heldTimes.sort((a, b) => a - b).map(time => time * this.timebase);
    const step = (this.decodeTimes.at(-1)! - this.decodeTimes[0]!) / Math.max(1, length - 1);
    return Array.from({length}, (_, i) => i * step * this.timebase);
  }
}

/** Times of all packets; undefined if the video has a fault. @throws RIFE_ERR_DATA_FFMPEG */
async function readTimes(args: readonly string[]): Promise<number[] | undefined> {
  const {stdout, end} = await startFfmpeg([...args, '-f', 'framecrc', '-']);
  const packets = new PacketReader();
  let rest = '';
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) packets.line(line);
  }
  return (await end).exitCode === 0 ? packets.times() : undefined;
}

/** RIFE_ERR_DATA_BUILD_VIDEO, with what is wrong. @throws RIFE_ERR_DATA_FFMPEG */
export const faultyVideo = async (path: string) => buildVideoUnreadable(path, (await faultOf(path)).reason);

/**
 * The time of every frame, for a video whose packets are not its frames; undefined if the decoder
 * gives another number.
 * @param frames expected number
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function decodedTimes(path: string, frames: number): Promise<number[] | undefined> {
  const {everyFrame} = await dialectOnce();
  // One pixel per frame is enough to get its time.
  const pixel = ['-vf', 'crop=1:1:0:0:exact=1,format=gray', '-enc_time_base', '1:90000'];
  const output = [...pixel, ...everyFrame, '-frames:v', String(frames)];
  const times = await readTimes(['-v', 'quiet', ...(await inputArgs(path)), ...output]);
  return times?.length === frames ? times : undefined;
}

/**
 * Reads all packets without decoding them, for the time of every frame, and decodes the first one,
 * for its size.
 * @throws RIFE_ERR_DATA_BUILD_VIDEO, RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_FFMPEG
 */
export async function openSource(path: string): Promise<SourceInfo> {
  const {size: bytes} = await stat(path).catch((error: unknown) => {
    throw fileUnreadable(path, messageOf(error), error);
  });
  const isCut = (await shapeOf(path)).missing !== undefined;
  const [first] = isCut ? [] : (await measureFrames(path, 1)).sizes;
  if (!first) throw await faultyVideo(path);
  // Not strict: non-monotonic times are not a fault of the pictures.
  const times = await readTimes(['-v', 'error', ...(await inputArgs(path)), '-c', 'copy']);
  if (!times?.length) throw await faultyVideo(path);
  return {path, bytes, width: first.width, height: first.height, times};
}

/**
 * All frames as pictures of brightness, [height,width] of the {@link LookSize}.
 * @throws RIFE_ERR_DATA_BUILD_VIDEO at damage, or at a change of frame size; RIFE_ERR_DATA_FFMPEG
 */
export async function lookFrames({path, width, height}: SourceInfo): Promise<{
  size: LookSize;
  pictures: AsyncGenerator<Luma>;
}> {
  const size = lookSize(width, height);
  const scale = `scale=${size.width}:${size.height}:flags=area+accurate_rnd`;
  const filters = [onlySize({width, height}), scale, 'format=gray'];
  const args = [...STRICT, ...(await numberedInput(path)), ...(await rawOutput(filters, 'gray'))];
  return {size, pictures: streamFrames(args, size.width * size.height, () => faultyVideo(path))};
}

/** How frames are fitted to a size: scaled to cover it, then cropped around the centre. */
export interface Fit {
  /** Pixels of a picture. */
  width: number;
  height: number;
  /** ffmpeg's filters, to RGB. */
  filters: string[];
}

/**
 * Fit of the video's frames to a size, or none.
 * @param size [height, width]
 * @throws RIFE_ERR_DATA_BUILD_VIDEO if frames would have to be enlarged, which would train on blur
 */
export function fitTo({path, ...source}: SourceInfo, size: readonly [number, number] | null): Fit {
  if (!size) return {width: source.width, height: source.height, filters: [TO_RGB]};
  const [height, width] = size;
  if (source.width < width || source.height < height)
    throw buildVideoUnreadable(
      path,
      `its frames are ${source.height} x ${source.width} (height x width), smaller than the size asked for, ${height} x ${width}`,
    );
  const scale = Math.max(width / source.width, height / source.height);
  const scaled = [source.width, source.height].map(side => Math.round(side * scale)) as [number, number];
  const [x, y] = [(scaled[0] - width) >> 1, (scaled[1] - height) >> 1];
  const toRgb = `scale=${scaled[0]}:${scaled[1]}:flags=area+accurate_rnd+full_chroma_int,format=rgb24`;
  return {width, height, filters: [toRgb, `crop=${width}:${height}:${x}:${y}`]};
}

/**
 * Frames of some spans, one after another, as RGB bytes [H,W,3].
 * @param firsts numbers of first frames, ascending, at least `length` apart
 * @throws RIFE_ERR_DATA_BUILD_VIDEO at the damage; RIFE_ERR_DATA_FFMPEG
 */
export async function* spanFrames(
  {path}: SourceInfo,
  firsts: readonly number[],
  length: number,
  {width, height, filters}: Fit,
): AsyncGenerator<Uint8Array> {
  const wanted = onlyFrames(firsts.map(first => [first, first + length - 1]));
  const output = await rawOutput([wanted, ...filters], 'rgb24', firsts.length * length);
  const args = [...STRICT, ...(await numberedInput(path)), ...output];
  let came = 0;
  for await (const frame of streamFrames(args, width * height * 3, () => faultyVideo(path))) {
    came++;
    yield frame;
  }
  if (came < firsts.length * length) throw await faultyVideo(path);
}
