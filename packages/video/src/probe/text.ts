/** Reads what ffmpeg prints about its input. */
import type {Colours} from '../colour.js';
import {rateOf, type Rate} from '../plan/rate.js';

/** A stream beside the video. */
export interface OtherStream {
  kind: 'audio' | 'subtitle' | 'attachment' | 'data';
  /** ffmpeg's name, such as `aac`. */
  codec: string;
}

/** Facts of the text. */
export interface SourceText {
  /** ffmpeg's pixel format, such as `yuv420p10le`. */
  pixels: string;
  colours: Colours;
  isInterlaced: boolean;
  /** Degrees by which a player turns the picture. ffmpeg turns it before the filters. */
  rotation: number;
  streams: OtherStream[];
  chapters: number;
  /** Seconds; undefined if the container does not say. */
  seconds: number | undefined;
  /** Of the filters: pixels after the rotation, and units of times. */
  size: {width: number; height: number};
  base: Rate;
  declared: Rate | undefined;
  /** Sides of a pixel, as width to height. */
  aspect: Rate;
}

const fraction = (text: string | undefined): Rate | undefined => {
  const [over, under] = (text ?? '').split(/[/:]/).map(Number);
  return over! > 0 && under! > 0 ? rateOf(over!, under!) : undefined;
};

const KNOWN = (name: string | undefined) =>
  name === undefined || /^(unknown|reserved|unspecified)/.test(name) ? undefined : name;

/** `yuv420p10le(tv, bt2020nc/bt2020/smpte2084, top first)`. */
function pictureText(line: string) {
  const [, pixels = '', inside = ''] =
    /: Video: .*?, ((?:yuv|rgb|bgr|gbr|gray|pal8|mono|nv|p0|argb|abgr|ya|xyz|bayer|0rgb|0bgr|rgba)\w*)(?:\(([^)]*)\))?/.exec(
      line,
    ) ?? [];
  const words = inside.split(',').map(word => word.trim());
  const range = words.find(word => word === 'tv' || word === 'pc');
  const names = words.find(
    word =>
      !['tv', 'pc'].includes(word) && !/first|progressive|left|top$|center|^\d/.test(word) && word !== '',
  );
  const [matrix, primaries = matrix, transfer = primaries] = (names ?? '').split('/');
  return {
    pixels,
    isInterlaced: words.some(word => /(top|bottom)( coded)? first/.test(word)),
    colours: {
      matrix: KNOWN(matrix || undefined),
      range,
      primaries: KNOWN(primaries || undefined),
      transfer: KNOWN(transfer || undefined),
    },
  };
}

function streamsOf(lines: readonly string[]): OtherStream[] {
  return lines.flatMap(line => {
    const [, kind, codec] = /^\s*Stream #0:\d+.*?: (Audio|Subtitle|Attachment|Data): (\w+)/.exec(line) ?? [];
    return kind === undefined ? [] : [{kind: kind.toLowerCase() as OtherStream['kind'], codec: codec!}];
  });
}

function secondsOf(text: string): number | undefined {
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/**
 * Facts of a log of ffmpeg at level info, whose filters begin with `showinfo`; undefined when it
 * has no video frame.
 */
export function readText(log: string): SourceText | undefined {
  const input = log.slice(log.indexOf('Input #0'), log.indexOf('Stream mapping:'));
  const lines = input.split('\n');
  const mapped = /Stream #0:(\d+) -> #0:0/.exec(log)?.[1];
  const video = lines.findIndex(line => new RegExp(`^\\s*Stream #0:${mapped}\\b.*: Video:`).test(line));
  const [, base, declared] = /config in time_base: (\S+), frame_rate: (\S+)/.exec(log) ?? [];
  const [, aspect, width, height] = /n: +0 pts.* sar:(\S+) s:(\d+)x(\d+)/.exec(log) ?? [];
  if (video < 0 || base === undefined || width === undefined) return undefined;
  const next = lines.findIndex((line, i) => i > video && /^\s*Stream #/.test(line));
  const own = lines.slice(video, next < 0 ? undefined : next).join('\n');
  const [, frameInterlaced] = /n: +0 pts.* i:([PTB?])/.exec(log) ?? [];
  const picture = pictureText(lines[video]!);
  const units = fraction(base)!;
  return {
    ...picture,
    isInterlaced: picture.isInterlaced || frameInterlaced === 'T' || frameInterlaced === 'B',
    rotation: Math.round(Number(/rotation of (-?[\d.]+) degrees/.exec(own)?.[1] ?? 0)),
    streams: streamsOf(lines),
    chapters: lines.filter(line => /^\s*Chapter #/.test(line)).length,
    seconds: secondsOf(input),
    size: {width: Number(width), height: Number(height)},
    base: {over: units.under, under: units.over},
    declared: fraction(declared),
    aspect: fraction(aspect) ?? {over: 1, under: 1},
  };
}
