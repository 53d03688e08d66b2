/** What every set is read into: pairs of inputs, and the frames between them that are scored. */
import type {FrameSource, View} from '../picture/picture.js';

/** A frame that is predicted and scored. */
export interface Target {
  /** Unique in the set: `TEST01_003_f0433/0004`. */
  id: string;
  source: FrameSource;
  /** Position between the inputs, in (0,1). */
  t: number;
}

/** Two inputs, and the targets between them in order of time. */
export interface Pair {
  /** Unique in the set: `TEST01_003_f0433/0000-0032`. */
  id: string;
  /** Clip, scene or folder: scores are also given for each. */
  group: string;
  /** Part of the set with a published score of its own: `Type1`, `easy`, `720p`; else ''. */
  part: string;
  img0: FrameSource;
  img1: FrameSource;
  /** Half the distance of the inputs, in frames of the source. */
  gap: number;
  targets: readonly Target[];
}

/** A set as found in a folder. */
export interface EvalSet {
  /** Name on the command line: `x-test-4k`. */
  name: string;
  /** Name in print: `X-TEST 4K x8`. */
  title: string;
  root: string;
  /**
   * What was recognised, in a line: `XVFI's layout, 15 clips of 33 frames in test/Type1 to
   * Type3`.
   */
  layout: string;
  view: View;
  pairs: readonly Pair[];
  /** Targets of the whole set; undefined where there is no such number (clips of one's own). */
  wholeTargets: number | undefined;
  /** What is missing, and what is there beside the set; a line each. */
  missing: readonly string[];
  extra: readonly string[];
  /** Files that decide what is scored, such as lists, for the identity of a result. */
  lists: readonly string[];
}

/** What a user may choose about a set. */
export interface SetOptions {
  /** Parts that the time between the inputs is divided into: X-TEST (2 to 32). @default 8 */
  multi?: number;
  /** Gaps of `clips`. @default [1, 2, 4, 8] */
  gaps?: readonly number[];
  /** Targets of each gap of `clips`. @default 8 */
  perGap?: number;
  /** Centred crop of `clips` [height, width]. @default the largest multiples of 32 */
  crop?: readonly [height: number, width: number];
}

/** A kind of set: how it is called, and how it is read. */
export interface SetKind {
  name: string;
  /** One line for `--help` and docs: what it is, and the layout that is expected. */
  words: string;
  /** Relative paths that a root of this set has, for messages: `test/Type1/<clip>/0000.png`. */
  expects: readonly string[];
  /** Does a folder look like a root of this set? Cheap; for messages about a wrong root. */
  looksLike(root: string): boolean;
  /**
   * Finds the pairs of a root, and checks names, counts, sizes and formats of all files before
   * anything long begins.
   * @throws RIFE_ERR_EVAL_*
   */
  read(root: string, options: SetOptions): Promise<EvalSet>;
}
