/** The meaning of the option `augment`. */
import type {AugmentOptions} from '@rife-train/core';
import type {ColourJitter} from './colour.js';

const NO_JITTER: ColourJitter = {brightness: 0, contrast: 0, saturation: 0};

/** By how much frames may be shrunk: 1 for a scale of 1, 2 for 1/2. */
export const shrinkFactors = ({rescale = [1]}: AugmentOptions): number[] =>
  rescale.map(scale => Math.round(1 / scale));

/** The colour jitter of an augmentation; missing values are 0, no jitter. */
export const colourJitter = ({colour = {}}: AugmentOptions): ColourJitter => ({...NO_JITTER, ...colour});
