/** The terms that all folders share: clips, the frames of a triplet, regions of a frame. */
import type {RifeError} from '@rife-train/errors';

/** Something unusual about a clip that is still used. */
export type Remark = 'variable-rate' | 'rotated' | 'linked';

/** A clip: consecutive frames of one size, as a folder of images, a video file or a packed clip. */
export interface Clip {
  /** Path below the split folder, without a file's ending: `001/cam01`. Unique in a scan. */
  id: string;
  kind: 'folder' | 'video' | 'pack';
  /** Absolute path of the folder or file. */
  path: string;
  /** Number of frames. */
  frames: number;
  /** Pixels. */
  width: number;
  height: number;
  /** Names of the frame files in order; empty for a file. */
  files: readonly string[];
  /** Remarks; absent when there are none. */
  remarks?: readonly Remark[];
}

/** A clip found by its name, not opened yet. */
export type FoundClip = Pick<Clip, 'id' | 'kind' | 'path' | 'files' | 'remarks'> & {
  /** What is wrong with its file names. */
  fault?: RifeError;
};

/** Called with a clip that can't be used; returns to leave it out, throws to stop the scan. */
export type OnBadClip = (clip: string, error: RifeError) => void;

export type Split = 'train' | 'val';

const IMAGES = new Set(['.png', '.jpg', '.jpeg', '.webp']);
/** Ending of packed clips; see pack/format.ts. */
export const PACK_ENDING = '.rifeclip';
const VIDEOS = new Set(['.mp4', '.mkv', '.mov', '.webm']);

/** Lower-case ending of a file name with its dot; empty without one. */
export const endingOf = (name: string) => /\.[^.]+$/.exec(name)?.[0].toLowerCase() ?? '';
export const isImage = (name: string) => IMAGES.has(endingOf(name));
export const isPack = (name: string) => endingOf(name) === PACK_ENDING;
export const isVideo = (name: string) => VIDEOS.has(endingOf(name));

const natural = new Intl.Collator('en', {numeric: true});

/**
 * `frame2` before `frame10`; names that compare equal fall back to code units, so the order is
 * total.
 */
export const byName = (a: string, b: string) => natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** Frames that a triplet of this gap spans, at most. */
export const framesFor = (gap: number) => 2 * gap + 1;

/** Frame numbers of a triplet in order of time: an input, gt, the other input. */
export type FrameNumbers = [before: number, gt: number, after: number];

/**
 * Half the distance of the inputs, in frames; for gt in the middle, its distance from either input.
 */
export const gapOf = ([before, , after]: FrameNumbers) => (after - before) / 2;

/** Position of the second frame between the first and the third, which may come in either order. */
export const positionIn = ([from, at, to]: FrameNumbers) => (at - from) / (to - from);

/**
 * Most pixels of a frame, and of a tile of a packed clip: 805 MB as RGB. A file of a few bytes may
 * declare any size; memory is taken only up to this.
 */
export const MAX_PIXELS = 2 ** 28;

/** Region of a frame, in pixels. */
export interface Crop {
  top: number;
  left: number;
  height: number;
  width: number;
}
