/** Options of the plugin, and their validation. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';

export const NAME = 'rife:ema';

export interface EmaOptions {
  /**
   * Share of the average that each update keeps: `average = decay * average + (1 - decay) *
   * weights`. The average spans about `1 / (1 - decay)` updates. At least 0, below 1.
   * @default 0.999
   */
  decay?: number;
  /**
   * Begin with a smaller decay, `(1 + step) / (10 + step)`, until it reaches `decay`: the average
   * of a run from random weights then forgets them sooner.
   * @default false
   */
  warmup?: boolean;
}

/** Options with every default filled in. */
export type CompleteOptions = Required<EmaOptions>;

const DECAY = 'It must be a number of at least 0 and below 1, such as 0.999';

/** Schema of {@link EmaOptions}. */
export const optionsSchema = z.strictObject({
  decay: z.number({error: DECAY}).min(0, {error: DECAY}).lt(1, {error: DECAY}).default(0.999),
  warmup: z.boolean({error: 'It must be true or false'}).default(false),
});

/** @throws RIFE_ERR_PLUGIN_OPTION */
export const checkOptions = (options: EmaOptions): CompleteOptions =>
  parseOptions(NAME, optionsSchema, options);
