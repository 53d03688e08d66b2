/** Dissolves from one shot to another, and fades to and from a plain colour. */
import {lossBetween} from './cuts.js';
import type {Luma, LumaSize} from './luma.js';
import {meanDifference} from './cutsAround.js';
import {contrastOf} from './sharpness.js';

/**
 * Distances of the frames compared with the one between them: the first detects short fades, the
 * last long ones.
 */
const REACHES = [24, 12, 6, 3];
/**
 * Fewest and most frames around a fade's centre that are left out: losing good frames is better
 * than a double image in a clip.
 */
const SURE = [6, 12] as const;
/** Least visible change over the distance, levels. */
const LEAST_CHANGE = 6;
/**
 * Distance from the mean of before and after, as a share of their difference. In the demo clips,
 * dissolves between moving shots have 0.15 to 0.31, fades to black less, cuts 0.5, and motion 0.38
 * or more.
 */
const LINEAR = 0.33;
/** Share of windows that no motion explains: a dissolve changes the content. */
const LOST = 0.5;
/** Least change of contrast of a fade to a plain colour. */
const CONTRAST = 0.7;

/** Mean distance of `at` from the average of the two others. */
function fromMiddle(before: Luma, at: Luma, after: Luma): number {
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += Math.abs(2 * at[i]! - before[i]! - after[i]!);
  return sum / (2 * at.length);
}

/** Is the middle picture a mixture of the two others, which differ in content or in contrast? */
function isMixture(before: Luma, at: Luma, after: Luma, size: LumaSize): boolean {
  const change = meanDifference(before, after);
  if (change < LEAST_CHANGE || fromMiddle(before, at, after) > LINEAR * change) return false;
  const [from, to] = [contrastOf(before), contrastOf(after)];
  return Math.min(from, to) < CONTRAST * Math.max(from, to) || lossBetween(before, after, size) >= LOST;
}

/**
 * Frames that belong to a fade or dissolve. At its centre a frame is the mean of those before and
 * after, for any distance, while moving objects would be double images in that mean.
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
