import {cropSides, type TrainConfig} from '@rife-train/core';
import {hasSplit, passedOverText, readTriplet, scan, type Clip, type Triplet} from '@rife-train/data';

/** A clip, and what is taken of it. */
interface Place {
  clip: Clip;
  gap: number;
  /** Frame number of gt. */
  gt: number;
}

/** Smallest, middle and largest of the configured gaps. */
export const validationGaps = ([min, max]: readonly [number, number]): number[] => [
  ...new Set([min, Math.round((min + max) / 2), max]),
];

/**
 * Which triplets are validated: gaps in turn, clips in turn, spread evenly over each clip. A
 * function of its arguments alone, so that scores of one run can be compared with each other, and
 * with another run's on the same clips.
 */
export function choosePlaces(clips: readonly Clip[], gaps: readonly number[], count: number): Place[] {
  const places: Place[] = [];
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

/**
 * Reads the triplets that a run is validated on: of `val/`, the centred crop, not augmented.
 * @returns none where there is no `val/`
 * @throws any coded error of the data
 */
export async function readValidation(
  {data, validateTriplets}: TrainConfig,
  warn: (text: string) => void,
): Promise<Triplet[]> {
  if (!(await hasSplit(data.root, 'val', data.layout))) return [];
  const warnOfClip = (_clip: string, error: Error) => warn(`${error.message} It is not validated on.`);
  const {clips, passedOver} = await scan(data.root, 'val', data.layout, warnOfClip);
  const left = passedOverText(
    passedOver.filter(({reason}) => reason !== 'beside'),
    false,
  );
  if (left) warn(`Clips to validate on. ${left}.`);
  const places = choosePlaces(clips, validationGaps(data.gaps), validateTriplets);
  const triplets: Triplet[] = [];
  for (const {clip, gap, gt} of places)
    triplets.push(await readTriplet(clip, {gap, gt, crop: cropSides(data)}));
  return triplets;
}
