import {cropSides, type TrainConfig} from '@rife-train/core';
import {
  choosePlaces,
  hasSplit,
  passedOverText,
  readTriplet,
  scan,
  type Triplet,
  validationGaps,
} from '@rife-train/data';

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
