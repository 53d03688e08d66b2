/** A video, or a folder of images, as frames on a clock. */
import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {interpolateSource, usageError} from '@rife-train/errors';
import {
  decodedSize,
  decodeFrames,
  parseRate,
  probeSource,
  rateText,
  RGB_COLOURS,
  toTick,
  type Clock,
  type Colours,
  type Rate,
  type SourceFrame,
  type SourceVideo,
} from '@rife-train/video';
import {readFrame} from '../predict/images.js';
import type {InterpolateFlags} from './flags.js';

/** What is interpolated. */
export interface Input {
  path: string;
  /** Of the frames that come. */
  width: number;
  height: number;
  isDeep: boolean;
  colours: Colours;
  aspect: Rate;
  clock: Clock;
  /** As far as known before decoding. */
  frames: number;
  seconds: number;
  /** Undefined for images. */
  video: SourceVideo | undefined;
  /** One line about it. */
  summary: string;
  /** Lines about what is not kept. */
  notes: string[];
  read(): AsyncIterable<SourceFrame>;
  /** Seconds from the start to the first frame; once there was one. */
  offset(): number;
  /** What was damaged; once all frames were read. */
  damage(): string | undefined;
}

const IMAGE = /\.(png|jpe?g|webp)$/i;
/** As file managers sort: 2 before 10. */
const inOrder = new Intl.Collator('en', {numeric: true});

/** Bytes of frames that wait, on either side of the network. */
export const AHEAD_BYTES = 128 * 1024 ** 2;

/** The middle half of a picture's width. */
function middleHalf(data: Uint8Array, width: number, height: number): Uint8Array {
  const [half, left] = [Math.floor(width / 2), Math.floor(width / 4)];
  const out = new Uint8Array(half * height * 3);
  for (let y = 0; y < height; y++) {
    const from = (y * width + left) * 3;
    out.set(data.subarray(from, from + half * 3), y * half * 3);
  }
  return out;
}

const readImage = (path: string) => readFrame(path, interpolateSource);

async function openImages(path: string, flags: InterpolateFlags): Promise<Input> {
  const fps = flags.fpsIn === undefined ? undefined : parseRate(flags.fpsIn);
  if (!fps)
    throw usageError(`"${path}" is a folder: its frame rate is missing, such as "--fps-in 24000/1001"`);
  if (flags.deinterlace) throw usageError('--deinterlace is for videos');
  const all = readdirSync(path)
    .filter(name => IMAGE.test(name))
    .sort(inOrder.compare);
  const at = (seconds: number | undefined, otherwise: number) =>
    seconds === undefined ? otherwise : Math.ceil((seconds * fps.over) / fps.under - 1e-9);
  const names = all.slice(at(flags.from, 0), at(flags.to, all.length));
  if (names.length < 2) throw interpolateSource(path, `it has ${names.length} images of the wanted time`);
  const {width, height} = await readImage(join(path, names[0]!));
  async function* read(): AsyncGenerator<SourceFrame> {
    for (const [tick, name] of names.entries()) {
      const image = await readImage(join(path, name));
      if (image.width !== width || image.height !== height)
        throw interpolateSource(
          join(path, name),
          `it has ${image.width} x ${image.height} pixels, the first image ${width} x ${height}`,
        );
      yield {tick, data: flags.montage ? middleHalf(image.data, width, height) : image.data};
    }
  }
  return {
    path,
    width: flags.montage ? Math.floor(width / 2) : width,
    height,
    isDeep: false,
    colours: RGB_COLOURS,
    aspect: {over: 1, under: 1},
    clock: {rate: fps, fps, isConstant: true},
    frames: names.length,
    seconds: (names.length * fps.under) / fps.over,
    video: undefined,
    summary: `${path}: ${names.length} images, ${width} x ${height}, ${rateText(fps)} fps`,
    notes: [],
    read,
    offset: () => 0,
    damage: () => undefined,
  };
}

function videoSummary({path, width, height, clock, pixels, frames}: SourceVideo): string {
  const rate = clock.isConstant
    ? `${rateText(clock.fps)} fps`
    : `variable rate, about ${rateText(clock.fps)} fps`;
  return `${path}: ${width} x ${height}, ${rate}, ${pixels}, ${frames} frames`;
}

async function openVideo(path: string, flags: InterpolateFlags): Promise<Input> {
  if (flags.fpsIn !== undefined)
    throw usageError('--fps-in is for a folder of images: a video has its own rate');
  const {from, to, deinterlace = false, montage = false} = flags;
  const video = await probeSource(path);
  const {clock, base, frames, isDeep, colours, aspect} = video;
  const state: {first?: number; damage?: string} = {};
  async function* read(): AsyncGenerator<SourceFrame> {
    const options = {from, to, deinterlace, montage, aheadBytes: AHEAD_BYTES};
    for await (const {data, time} of decodeFrames(video, options, end => Object.assign(state, end))) {
      state.first ??= time;
      yield {data, tick: toTick(time - state.first, base, clock)};
    }
  }
  const seconds = Math.min(video.seconds, (to ?? Infinity) - (from ?? 0));
  return {
    path,
    ...decodedSize(video, montage),
    isDeep,
    colours,
    aspect,
    clock,
    frames: Math.round(Math.min(frames, (frames * seconds) / video.seconds)),
    seconds,
    video,
    summary: videoSummary(video),
    notes: [
      ...(video.hasAlpha ? ['alpha is left out'] : []),
      ...(video.rotation !== 0 ? [`turned by ${video.rotation} degrees, as players show it`] : []),
    ],
    read,
    offset: () => (Number.isFinite(state.first) ? (state.first! * base.under) / base.over : 0),
    damage: () =>
      state.damage ??
      (video.missingBytes > 0 ? `${video.missingBytes} bytes are missing at its end` : undefined),
  };
}

/** @throws RIFE_ERR_INTERPOLATE_SOURCE, RIFE_ERR_CLI_USAGE, RIFE_ERR_DATA_FFMPEG */
export async function openInput(path: string, flags: InterpolateFlags): Promise<Input> {
  if (!existsSync(path)) throw interpolateSource(path, 'there is no such file');
  return statSync(path).isDirectory() ? openImages(path, flags) : openVideo(path, flags);
}
