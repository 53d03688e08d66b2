/** The option `augment`: its validation and meaning. */
import type {AugmentOptions} from '@rife-train/core';
import {dataOption} from '@rife-train/errors';
import type {ColourJitter} from './colour.js';

/** Smallest scale. Below it, a crop of 64 needs frames larger than 1,024 pixels. */
const LEAST_SCALE = 1 / 16;

const NO_JITTER: ColourJitter = {brightness: 0, contrast: 0, saturation: 0};

/** Is this 1, 1/2, 1/3 ...? With a tolerance, since a third has no exact number. */
const isScale = (scale: unknown) =>
  typeof scale === 'number' &&
  scale <= 1 &&
  scale >= LEAST_SCALE &&
  Math.abs(1 / scale - Math.round(1 / scale)) < 1e-6;

/** By how much frames may be shrunk: 1 for a scale of 1, 2 for 1/2. */
export const shrinkFactors = ({rescale = [1]}: AugmentOptions): number[] =>
  rescale.map(scale => Math.round(1 / scale));

/** The colour jitter of an augmentation; missing values are 0, no jitter. */
export const colourJitter = ({colour = {}}: AugmentOptions): ColourJitter => ({...NO_JITTER, ...colour});

function checkColour(colour: unknown): void {
  const isSpread = ([name, value]: [string, unknown]) =>
    name in NO_JITTER && typeof value === 'number' && value >= 0 && value < 1;
  if (typeof colour === 'object' && colour !== null && Object.entries(colour).every(isSpread)) return;
  throw dataOption('augment.colour', colour, '{brightness, contrast, saturation}, each from 0 to below 1');
}

/**
 * `true` is RIFE's augmentation; an object adds to it.
 * @throws RIFE_ERR_DATA_OPTION
 */
export function checkAugment(augment: boolean | AugmentOptions): AugmentOptions | false {
  if (typeof augment === 'boolean') return augment ? {} : false;
  if (typeof augment !== 'object') throw dataOption('augment', augment, 'true, false or {rescale, colour}');
  const other = Object.keys(augment).find(key => !['rescale', 'colour'].includes(key));
  if (other !== undefined) throw dataOption(`augment.${other}`, augment[other as never], 'rescale or colour');
  const {rescale, colour} = augment;
  if (rescale !== undefined && !(Array.isArray(rescale) && rescale.length > 0 && rescale.every(isScale)))
    throw dataOption('augment.rescale', rescale, 'a list of 1, 1/2, 1/3 ... down to 1/16');
  if (colour !== undefined) checkColour(colour);
  return augment;
}
