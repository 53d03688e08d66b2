/** What is known about a video before its frames are decoded. */
import {existsSync} from 'node:fs';
import {dialectOnce, faultOf, onlyFile, shapeOf} from '@rife-train/data/parts';
import {interpolateSource} from '@rife-train/errors';
import {isRgb, RGB_COLOURS, type Colours} from '../colour.js';
import {runTool} from '../ffmpeg.js';
import type {Rate} from '../plan/rate.js';
import {clockOf, type Clock} from '../plan/timeline.js';
import {readText, type OtherStream, type SourceText} from './text.js';

/** A video. */
export interface SourceVideo {
  path: string;
  /** ffmpeg's name of the stream. */
  stream: string;
  /** Pixels of the frames as they are shown: rotation is applied. */
  width: number;
  height: number;
  pixels: string;
  colours: Colours;
  /** More than 8 bits a channel: frames are decoded to 16. */
  isDeep: boolean;
  hasAlpha: boolean;
  isInterlaced: boolean;
  rotation: number;
  aspect: Rate;
  streams: OtherStream[];
  chapters: number;
  /** Units per second of its times. */
  base: Rate;
  clock: Clock;
  /** By the container; the decoder may give fewer. */
  frames: number;
  /** Seconds from the first to the end of the last frame. */
  seconds: number;
  /** Bytes that the container's tables announce and the file does not have. */
  missingBytes: number;
}

/** Which part of a video. */
export interface Span {
  /** Seconds from its start. */
  from?: number | undefined;
  to?: number | undefined;
}

const decimals = (seconds: number) => seconds.toFixed(6);

/** Input options for a part of a video. */
export const spanArgs = ({from, to}: Span): string[] => [
  ...(from === undefined ? [] : ['-ss', decimals(from)]),
  ...(to === undefined ? [] : ['-t', decimals(to - (from ?? 0))]),
];

/** The first video stream that is no cover picture. Old versions of ffmpeg count covers there. */
async function videoStream(path: string): Promise<string> {
  if (!(await dialectOnce()).countsCovers) return '0:V:0';
  const {stderr} = await runTool(['-v', 'info', ...onlyFile(path)]);
  const videos = stderr.split('\n').filter(line => /^\s*Stream #0:\d+.*: Video:/.test(line));
  const first = videos.findIndex(line => !/\(attached pic\)/.test(line));
  return `0:v:${Math.max(0, first)}`;
}

/** Times of the packets of a stream, in units of the container, ascending. */
async function packetTimes(path: string, stream: string) {
  const times: number[] = [];
  let base: Rate | undefined;
  await runTool(
    ['-v', 'error', ...onlyFile(path), '-map', stream, '-c', 'copy', '-f', 'framecrc', '-'],
    line => {
      const [, over, under] = /^#tb 0: +(\d+)\/(\d+)/.exec(line) ?? [];
      if (over !== undefined) base = {over: Number(under), under: Number(over)};
      if (line.startsWith('#')) return;
      const [, decoded, shown] = line.split(',').map(Number);
      // ffmpeg prints the smallest 64-bit number for a packet without a time.
      times.push(shown! > -(2 ** 62) ? shown! : decoded!);
    },
  );
  return {times: times.sort((a, b) => a - b), base: base ?? {over: 25, under: 1}};
}

const depthOf = (pixels: string) =>
  Number(/(?:p0|p|gray|ya|rgb|bgr|rgba|bgra)(9|10|12|14|16|48|64)(?:le|be)?$/.exec(pixels)?.[1] ?? 8);

async function textOf(path: string, stream: string): Promise<SourceText> {
  const once = ['-map', stream, '-vf', 'showinfo', '-frames:v', '1', '-f', 'null', '-'];
  const {stderr} = await runTool(['-v', 'info', '-nostats', ...onlyFile(path), ...once]);
  const text = readText(stderr);
  if (!text) throw interpolateSource(path, (await faultOf(path)).reason);
  return text;
}

/**
 * Reads the tables of a video and decodes its first frame.
 * @throws RIFE_ERR_INTERPOLATE_SOURCE, RIFE_ERR_DATA_FFMPEG
 */
export async function probeSource(path: string): Promise<SourceVideo> {
  if (!existsSync(path)) throw interpolateSource(path, 'there is no such file');
  const {missing = 0} = await shapeOf(path);
  const stream = await videoStream(path);
  const text = await textOf(path, stream);
  const {times, base} = await packetTimes(path, stream);
  const clock = clockOf({times, base, declared: text.declared});
  const span = times.length > 0 ? ((times.at(-1)! - times[0]!) * base.under) / base.over : 0;
  const {size, pixels, ...rest} = text;
  return {
    ...rest,
    ...size,
    path,
    stream,
    pixels,
    colours: isRgb(pixels) ? RGB_COLOURS : text.colours,
    base: text.base,
    isDeep: depthOf(pixels) > 8,
    hasAlpha: /^(yuva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8)/.test(pixels),
    clock,
    frames: times.length,
    seconds: span + clock.fps.under / clock.fps.over,
    missingBytes: missing,
  };
}
