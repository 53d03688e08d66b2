/** What the doctor can find, and its words. */
import type {Split} from '@rife-train/data';

/** `error`: triplets of the clip are wrong, or the run ends there. `warning`: they are of little use, or something looks odd. */
export type Severity = 'error' | 'warning';

/** Every kind of finding with its severity, and what it means in a line. */
export const FINDING_KINDS = {
  unreadable: ['error', 'a frame or video that is damaged, ends early or is none'],
  'frame-order': ['error', 'names of frames that are not one numbering'],
  'frame-size': ['error', 'a frame of another size than the others of its clip'],
  cut: ['error', 'two shots in one clip'],
  'missing-frame': ['error', 'a number left out in the names of the frames'],
  'too-short': ['error', 'fewer frames than the smallest gap needs'],
  'crop-size': ['error', 'frames smaller than the crop'],
  leak: ['error', 'the same pictures in train and in val'],
  length: ['warning', 'another number of frames than the other clips have, or than was asked for'],
  'duplicate-clip': ['warning', 'the same pictures under two names'],
  'repeated-frame': ['warning', 'a frame that shows the one before it once more, in a clip that moves'],
  'odd-frame': ['warning', 'a frame of something else between frames that belong together'],
  flash: ['warning', 'a frame much brighter or darker than both its neighbours'],
  'black-frame': ['warning', 'a frame with nothing in it but black'],
  static: ['warning', 'nothing moves from the first frame to the last'],
  'variable-rate': ['warning', 'a video whose frames are not all shown for the same time'],
  rotated: ['warning', 'a video with a mark that players turn it by'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type FindingKind = keyof typeof FINDING_KINDS;

/** One thing that is wrong with a clip. */
export interface Finding {
  kind: FindingKind;
  severity: Severity;
  split: Split;
  /** Id of the clip. */
  clip: string;
  /**
   * Position of the frame in the clip, from 0: the first one after a cut, the repeated one, the one that can't be read. After a
   * missing number, the frame that follows.
   */
  frame?: number;
  /** Name of that frame's file; absent for videos. */
  file?: string;
  /** The clip that was there before, of duplicates. */
  other?: {split: Split; clip: string};
  /** What was found, a sentence. */
  text: string;
}

/** A finding before its clip is known. */
export type ClipFinding = Omit<Finding, 'split' | 'clip'>;

/** A finding of a kind, with the kind's severity unless another is given. */
export function finding(
  kind: FindingKind,
  text: string,
  more: Partial<Pick<Finding, 'frame' | 'file' | 'other' | 'severity'>> = {},
): ClipFinding {
  return {kind, severity: FINDING_KINDS[kind][0], text, ...more};
}
