/** Options of a build. */
import {buildOption} from '@rife-train/errors';

export const BUILD_FORMATS = ['png', 'webp', 'mp4'] as const;
export const SPLIT_BY = ['scene', 'video'] as const;

export type BuildFormat = (typeof BUILD_FORMATS)[number];

/** Options of `buildClips`. */
export interface BuildOptions {
  /**
   * Video files, and folders that are searched for them; a relative path counts from the current
   * folder.
   */
  inputs: readonly string[];
  /** Output folder, for `train`, `val` and `build.json`. */
  out: string;
  /** Frames of a clip, at least 3. @default 65 */
  length?: number | undefined;
  /** Pixels of a clip, [height, width], multiples of 2. @default those of the video */
  size?: readonly [number, number] | undefined;
  /**
   * Frames from the start of a clip to the start of the next one in a scene, at least `length`.
   * @default length
   */
  stride?: number | undefined;
  /** Maximum number of clips per scene; the best are taken. @default no limit */
  maxClipsPerScene?: number | undefined;
  /** Frames as lossless `png` or `webp`, or one lossless `mp4` a clip. @default 'png' */
  format?: BuildFormat | undefined;
  /**
   * Share of the scenes (or videos) that are held back for validation, 0 to below 1. @default 0.1
   */
  val?: number | undefined;
  /** Unit that is never in both `train` and `val`. @default 'scene' */
  splitBy?: (typeof SPLIT_BY)[number] | undefined;
  /** Decides which scenes are held back; 0 to 2^32 - 1. @default 1234 */
  seed?: number | undefined;
  /**
   * Motion from frame to frame below which a part counts as static, in thousandths of the longer
   * side. @default 0.5
   */
  minMotion?: number | undefined;
  /**
   * Variance of the Laplacian below which a frame counts as blurred, as a share of the video's
   * median. @default 0.25
   */
  minSharpness?: number | undefined;
  /** Only report what would be written. @default false */
  dryRun?: boolean | undefined;
  /**
   * Receives a line about each video that is left out or has an uneven frame rate. @default ignored
   */
  warn?: ((text: string) => void) | undefined;
  /** Called with the progress. */
  onProgress?: ((progress: BuildProgress) => void) | undefined;
}

/** Progress of a build. */
export interface BuildProgress {
  /** Looking at the frames, or writing clips. */
  stage: 'look' | 'write';
  /** Path of the video. */
  video: string;
  /** Position of the video, from 1, among how many. */
  index: number;
  videos: number;
  /** Frames looked at or written, of how many. */
  done: number;
  frames: number;
}

/** Options that affect the output: builds of the same folder must agree in them. */
export interface BuildSettings {
  length: number;
  size: readonly [number, number] | null;
  stride: number;
  maxClipsPerScene: number | null;
  format: BuildFormat;
  val: number;
  splitBy: 'scene' | 'video';
  seed: number;
  minMotion: number;
  minSharpness: number;
}

const isWhole = (value: unknown, least: number, most = Number.MAX_SAFE_INTEGER) =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
const isBetween = (value: unknown, least: number, below: number) =>
  typeof value === 'number' && value >= least && value < below;

/** Options with their defaults. @throws RIFE_ERR_DATA_BUILD_OPTION */
export function resolveBuild(given: BuildOptions): BuildSettings {
  const {length = 65, size = null, maxClipsPerScene = null, format = 'png', val = 0.1} = given;
  const {splitBy = 'scene', seed = 1234, minMotion = 0.5, minSharpness = 0.25, stride = length} = given;
  const check = (option: string, value: unknown, isRight: boolean, expected: string) => {
    if (!isRight) throw buildOption(option, value, expected);
  };
  check('length', length, isWhole(length, 3), 'a whole number of frames, at least 3');
  const isSize = size === null || (size.length === 2 && size.every(s => isWhole(s, 2) && s % 2 === 0));
  check('size', size, isSize, 'height and width in pixels, multiples of 2');
  check('stride', stride, isWhole(stride, length), `a whole number of at least the length, ${length}`);
  const isMost = maxClipsPerScene === null || isWhole(maxClipsPerScene, 1);
  check('maxClipsPerScene', maxClipsPerScene, isMost, 'a whole number of at least 1');
  check('format', format, BUILD_FORMATS.includes(format), `one of ${BUILD_FORMATS.join(', ')}`);
  check('val', val, isBetween(val, 0, 1), 'a share from 0 to below 1');
  check('splitBy', splitBy, SPLIT_BY.includes(splitBy), `one of ${SPLIT_BY.join(', ')}`);
  check('seed', seed, isWhole(seed, 0, 2 ** 32 - 1), 'a whole number from 0 to 4294967295');
  check('minMotion', minMotion, isBetween(minMotion, 0, Infinity), 'a number of at least 0');
  check('minSharpness', minSharpness, isBetween(minSharpness, 0, Infinity), 'a number of at least 0');
  return {length, size, stride, maxClipsPerScene, format, val, splitBy, seed, minMotion, minSharpness};
}
