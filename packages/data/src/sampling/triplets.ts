/** The number of triplets and the k-th triplet by formula, without a list. */
import type {DataConfig} from '@rife-train/core';
import {framesFor, type Clip, type FrameNumbers} from '../clip.js';

type Timestep = DataConfig['timestep'];

/** Distances of the inputs (spans) of a gap. A span of 1 has no frame between. */
export function spansOf(gap: number, timestep: Timestep): number[] {
  return timestep === 'any' && gap > 1 ? [2 * gap - 1, 2 * gap] : [2 * gap];
}

/** Frames that gt may be, for inputs `span` frames apart. */
const middles = (span: number, timestep: Timestep) => (timestep === 'any' ? span - 1 : 1);

/** Cumulative number of positions of the first input over the clips, by gap and span. */
const places = new WeakMap<readonly Clip[], Map<string, Float64Array>>();

/**
 * Running sums over the clips; a clip too short for the gap has none. Computed once for each list
 * of clips.
 */
function placesBefore(clips: readonly Clip[], gap: number, span: number): Float64Array {
  let known = places.get(clips);
  if (!known) places.set(clips, (known = new Map()));
  const key = `${gap} ${span}`;
  let sums = known.get(key);
  if (sums) return sums;
  sums = new Float64Array(clips.length + 1);
  for (const [i, {frames}] of clips.entries())
    sums[i + 1] = sums[i]! + (frames >= framesFor(gap) ? frames - span : 0);
  known.set(key, sums);
  return sums;
}

/** Triplets whose inputs are `span` frames apart, in all clips that are long enough for the gap. */
export const tripletsOfSpan = (
  clips: readonly Clip[],
  gap: number,
  span: number,
  timestep: Timestep,
): number => placesBefore(clips, gap, span).at(-1)! * middles(span, timestep);

/**
 * Number of triplets of a gap: in a clip of F frames F - 2 gap, or, at any timestep, (F - T)(T - 1)
 * for each span T.
 */
export const tripletsOf = (clips: readonly Clip[], gap: number, timestep: Timestep): number =>
  spansOf(gap, timestep).reduce((sum, span) => sum + tripletsOfSpan(clips, gap, span, timestep), 0);

/**
 * Number of triplets of gaps from `minGap` to `maxGap`: 1,024 for a clip of 65 frames and gaps 1 to
 * 32.
 */
export function tripletsOfGaps(
  clips: readonly Clip[],
  [minGap, maxGap]: readonly [number, number],
  timestep: Timestep,
): number {
  let sum = 0;
  for (let gap = minGap; gap <= maxGap; gap++) sum += tripletsOf(clips, gap, timestep);
  return sum;
}

/** The last index whose sum is at most `place`. */
function clipAt(sums: Float64Array, place: number): number {
  let [low, high] = [0, sums.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sums[middle]! <= place) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The k-th triplet of a span, of {@link tripletsOfSpan}: clips in order, in each the first input's
 * place, then gt.
 */
export function tripletAt(
  clips: readonly Clip[],
  gap: number,
  span: number,
  timestep: Timestep,
  k: number,
): {clip: Clip; numbers: FrameNumbers} {
  const sums = placesBefore(clips, gap, span);
  const perPlace = middles(span, timestep);
  const place = Math.floor(k / perPlace);
  const index = clipAt(sums, place);
  const first = place - sums[index]!;
  const gt = timestep === 'any' ? first + 1 + (k % perPlace) : first + span / 2;
  return {clip: clips[index]!, numbers: [first, gt, first + span]};
}
