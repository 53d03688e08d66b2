/** Dissolves from one shot to another, and fades to and from a plain colour. */
import {lossBetween} from './cuts.js';
import type {Luma, LumaSize} from './luma.js';
import {meanDifference} from './cutsAround.js';
import {contrastOf} from './sharpness.js';

/** Frames before and after that are compared with the one between; a short fade shows at the first, a long one at the last. */
const REACHES = [24, 12, 6, 3];
/** Frames around one within a fade that are left out with it, at least and at most: better a few good ones than a double image in a clip. */
const SURE = [6, 12] as const;
/** Change over the reach below which there is nothing to see, levels. */
const LEAST_CHANGE = 6;
/**
 * Distance from the mean of before and after, as a share of their difference. A dissolve between moving shots has 0.15 to 0.31, a fade to black
 * less, a cut 0.5, and motion from 0.38 on (demo clips).
 */
const LINEAR = 0.33;
/** Share of windows that no motion explains: a dissolve changes what is seen. */
const LOST = 0.5;
/** Change of the contrast that a fade to a plain colour makes at least. */
const CONTRAST = 0.7;

/** Mean distance of `at` from half way between the two others. */
function fromMiddle(before: Luma, at: Luma, after: Luma): number {
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += Math.abs(2 * at[i]! - before[i]! - after[i]!);
  return sum / (2 * at.length);
}

/** Is the middle one a mixture of the two others, which show different things or the same one fainter? */
function isMixture(before: Luma, at: Luma, after: Luma, size: LumaSize): boolean {
  const change = meanDifference(before, after);
  if (change < LEAST_CHANGE || fromMiddle(before, at, after) > LINEAR * change) return false;
  const [from, to] = [contrastOf(before), contrastOf(after)];
  return Math.min(from, to) < CONTRAST * Math.max(from, to) || lossBetween(before, after, size) >= LOST;
}

/**
 * Frames that belong to a fade or dissolve. At its centre a frame is the mean of those before and after, for any distance, while
 * what moves is a double image in that mean.
 * @param frames of one size, in order of time
 * @returns positions, ascending
 */
export function findFades(frames: readonly Luma[], size: LumaSize): number[] {
  const found = new Set<number>();
  for (let i = 1; i + 1 < frames.length; i++) {
    for (const reach of REACHES) {
      const [before, after] = [frames[i - reach], frames[i + reach]];
      if (!before || !after || !isMixture(before, frames[i]!, after, size)) continue;
      const around = Math.min(Math.max(reach, SURE[0]), SURE[1]);
      for (let at = i - around + 1; at < i + around; at++) found.add(at);
      break;
    }
  }
  return [...found].sort((a, b) => a - b);
}
