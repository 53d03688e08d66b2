/** Encoders, and what each container takes. */
import {extname} from 'node:path';
import {interpolateFormat} from '@rife-train/errors';
import {isRgb} from '../colour.js';
import type {SourceVideo} from '../probe/probe.js';

/** An encoder with its settings. */
interface Preset {
  words: string;
  /** Endings of files that hold it; the first is that of segments. */
  endings: readonly string[];
  args: readonly string[];
  /** ffmpeg's pixel format. */
  pixels(source: PictureKind): string;
  /** Does its pixel format need even sides? */
  isEven: boolean;
}

type PictureKind = Pick<SourceVideo, 'pixels' | 'isDeep'>;

/** Colour resolution of a source, of those that encoders have; RGB becomes the usual 4:2:0. */
const chroma = (pixels: string) => /^yuvj?a?(422|444)/.exec(pixels)?.[1] ?? '420';
const yuv = ({pixels, isDeep}: PictureKind) => `yuv${chroma(pixels)}p${isDeep ? '10le' : ''}`;

export type PresetName = 'h264' | 'h264-lossless' | 'hevc' | 'vp9' | 'prores' | 'ffv1';

export const PRESETS: Record<PresetName, Preset> = {
  h264: {
    words: 'x264, CRF 16',
    endings: ['.mov', '.mp4', '.m4v', '.mkv'],
    args: ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '16'],
    pixels: yuv,
    isEven: true,
  },
  'h264-lossless': {
    words: 'x264 without loss, in RGB; few players',
    endings: ['.mov', '.mp4', '.mkv'],
    args: ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-qp', '0'],
    pixels: () => 'bgr24',
    isEven: false,
  },
  hevc: {
    words: 'x265, CRF 18; the default for more than 8 bits',
    endings: ['.mov', '.mp4', '.m4v', '.mkv'],
    args: [
      '-c:v',
      'libx265',
      '-preset',
      'medium',
      '-crf',
      '18',
      '-tag:v',
      'hvc1',
      '-x265-params',
      'log-level=error',
    ],
    pixels: yuv,
    isEven: true,
  },
  vp9: {
    words: 'VP9, CRF 20; the default for .webm',
    endings: ['.webm', '.mkv'],
    args: ['-c:v', 'libvpx-vp9', '-crf', '20', '-b:v', '0', '-row-mt', '1'],
    pixels: yuv,
    isEven: false,
  },
  prores: {
    words: 'ProRes 422 HQ, 10 bits',
    endings: ['.mov', '.mkv'],
    args: ['-c:v', 'prores_ks', '-profile:v', '3', '-vendor', 'apl0'],
    pixels: () => 'yuv422p10le',
    isEven: true,
  },
  ffv1: {
    words: 'FFV1 without loss, in RGB',
    endings: ['.mkv'],
    args: ['-c:v', 'ffv1', '-level', '3', '-g', '1', '-slices', '4'],
    pixels: ({isDeep}) => (isDeep ? 'gbrp16le' : 'bgr0'),
    isEven: false,
  },
};

/** An encoder for a source and a file. */
export interface ChosenEncoder {
  name: PresetName;
  args: readonly string[];
  pixels: string;
  /** Ending of segments. */
  segment: string;
  isEven: boolean;
}

/**
 * The preset that was asked for, or the usual one of the ending.
 * @throws RIFE_ERR_INTERPOLATE_FORMAT
 */
export function chooseEncoder(out: string, name: PresetName | undefined, source: PictureKind): ChosenEncoder {
  const ending = extname(out).toLowerCase();
  const usual = ending === '.webm' ? 'vp9' : source.isDeep ? 'hevc' : 'h264';
  const chosen = name ?? usual;
  const preset = PRESETS[chosen];
  if (!preset.endings.includes(ending)) {
    const all = [...new Set(Object.values(PRESETS).flatMap(({endings}) => endings))];
    throw all.includes(ending)
      ? interpolateFormat(`${ending} does not hold ${chosen}`, `Expected ${preset.endings.join(', ')}`)
      : interpolateFormat(`"${out}" does not end as a video`, `Expected one of ${all.join(', ')}`);
  }
  if (chosen === 'h264-lossless' && source.isDeep)
    throw interpolateFormat('h264-lossless has 8 bits, and the source more', 'Expected ffv1, hevc or prores');
  const {args, pixels, isEven, endings} = preset;
  const format = pixels(source);
  // Only halved chroma asks for even sides.
  return {
    name: chosen,
    args,
    pixels: format,
    segment: endings[0]!,
    isEven: isEven && !isRgb(format) && !/444/.test(format),
  };
}

/** How a container takes sound and text. */
interface Container {
  /** Codecs that are copied; undefined: all. */
  audio?: RegExp;
  /** Encoder for the others. */
  audioEncoder: string;
  /** Codecs of text that are copied; undefined: all. */
  copiedText?: RegExp;
  /** Encoder for other text. */
  textEncoder: string;
  /** Does it hold attachments, such as fonts? */
  attachments: boolean;
}

const MP4: Container = {
  audio: /^(aac|mp3|ac3|eac3|alac|opus|flac|dts)$/,
  audioEncoder: 'aac',
  copiedText: /^mov_text$/,
  textEncoder: 'mov_text',
  attachments: false,
};

const CONTAINERS: Record<string, Container> = {
  '.mp4': MP4,
  '.m4v': MP4,
  '.mov': {...MP4, audio: /^(aac|mp3|ac3|eac3|alac|pcm_\w+)$/},
  '.mkv': {audioEncoder: 'flac', copiedText: /^(?!mov_text)/, textEncoder: 'srt', attachments: true},
  '.webm': {
    audio: /^(opus|vorbis)$/,
    audioEncoder: 'libopus',
    copiedText: /^webvtt$/,
    textEncoder: 'webvtt',
    attachments: false,
  },
};

export const containerOf = (out: string): Container => CONTAINERS[extname(out).toLowerCase()]!;
