/** Kinds of findings and their texts. */
import type {Split} from '@rife-train/data';

/**
 * `error`: triplets of the clip are wrong, or training fails on it. `warning`: they are of little
 * use, or something is unusual.
 */
export type Severity = 'error' | 'warning';

/** Severity and meaning of every kind of finding. */
export const FINDING_KINDS = {
  unreadable: ['error', 'a frame or video file that is damaged, truncated or of another type'],
  'frame-order': ['error', 'file names that do not number the frames of one sequence'],
  'frame-size': ['error', 'a frame that differs in size from the others of its clip'],
  cut: ['error', 'two shots in one clip'],
  'missing-frame': ['error', 'a gap in the numbers of the file names'],
  'too-short': ['error', 'fewer frames than the smallest gap needs'],
  'crop-size': ['error', 'frames smaller than the crop'],
  leak: ['error', 'the same pictures in train and in val'],
  length: ['warning', 'not as many frames as the other clips have, or as expected'],
  'duplicate-clip': ['warning', 'the same pictures under two names'],
  'repeated-frame': ['warning', 'a frame that repeats the one before, in a clip that moves'],
  'odd-frame': ['warning', 'a frame that does not match its neighbours, which match each other'],
  flash: ['warning', 'a frame much brighter or darker than both its neighbours'],
  'black-frame': ['warning', 'a frame that is entirely black'],
  static: ['warning', 'nothing moves from the first frame to the last'],
  'variable-rate': ['warning', 'a video with a variable frame rate'],
  rotated: ['warning', 'a video with a rotation mark, which players apply'],
  linked: ['warning', 'a link that leads out of the folder of the clips'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type FindingKind = keyof typeof FINDING_KINDS;

/** One problem of a clip. */
export interface Finding {
  kind: FindingKind;
  severity: Severity;
  split: Split;
  /** Id of the clip. */
  clip: string;
  /**
   * Position of the frame in the clip, from 0: the first one after a cut, the repeated one, the one
   * that can't be read. After a missing number, the frame that follows.
   */
  frame?: number;
  /** Name of that frame's file; absent for videos. */
  file?: string;
  /** For duplicates, the earlier clip. */
  other?: {split: Split; clip: string};
  /** Description, a sentence. */
  text: string;
}

/** A finding without its clip. */
export type ClipFinding = Omit<Finding, 'split' | 'clip'>;

/** A finding of a kind, with the kind's severity unless another is given. */
export function finding(
  kind: FindingKind,
  text: string,
  more: Partial<Pick<Finding, 'frame' | 'file' | 'other' | 'severity'>> = {},
): ClipFinding {
  return {kind, severity: FINDING_KINDS[kind][0], text, ...more};
}
