/** Which triplets of clips are measured, in training's validation and by `rife-train eval`. */
import type {Clip} from '../clip.js';

/** A clip, and what is taken of it. */
export interface Place<C extends Pick<Clip, 'frames'> = Clip> {
  clip: C;
  gap: number;
  /** Frame number of gt. */
  gt: number;
}

/** Smallest, middle and largest of the configured gaps. */
export const validationGaps = ([min, max]: readonly [number, number]): number[] => [
  ...new Set([min, Math.round((min + max) / 2), max]),
];

/**
 * Which triplets are measured: gaps in turn, clips in turn, spread evenly over each clip. A
 * function of its arguments alone, so that scores of one run can be compared with each other, and
 * with another run's on the same clips. Short clips come again at the same place.
 */
export function choosePlaces<C extends Pick<Clip, 'frames'>>(
  clips: readonly C[],
  gaps: readonly number[],
  count: number,
): Place<C>[] {
  const places: Place<C>[] = [];
  for (let i = 0; i < count; i++) {
    const gap = gaps[i % gaps.length]!;
    const long = clips.filter(({frames}) => frames > 2 * gap);
    const round = Math.floor(i / gaps.length);
    const clip = long[round % long.length];
    if (!clip) continue;
    // The golden ratio spreads any number of places evenly.
    const share = ((Math.floor(round / long.length) + 0.5) * 0.6180339887) % 1;
    places.push({clip, gap, gt: gap + Math.floor(share * (clip.frames - 2 * gap))});
  }
  return places;
}
