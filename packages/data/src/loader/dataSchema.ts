/**
 * The section `data` for clips on disk: that of the trainer, with crops that decoding and
 * augmentation can cut.
 */
import * as z from 'zod';
import {
  checkHalves,
  dataSchema as anySource,
  dataShape,
  MOST_SIDE,
  option,
  optionMeta,
  whole,
} from '@rife-train/core/config';

/** Sides of a crop: multiples of `multiple`, at least `least`. */
export const CROP_SIDES = {multiple: 32, least: 64};

const side = whole(CROP_SIDES.least).lte(MOST_SIDE).multipleOf(CROP_SIDES.multiple);

export const clipsShape = {
  ...dataShape,
  crop: option(z.union([side, z.tuple([side, side])]).default(224), optionMeta.get(dataShape.crop)!),
};

export const clipsSchema = option(
  z.strictObject(clipsShape).superRefine(checkHalves),
  optionMeta.get(anySource)!,
);
