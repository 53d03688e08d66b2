/** Options of the plugin, and their validation. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';

export const NAME = 'rife:gainlimit';

export interface GainLimitOptions {
  /**
   * Largest gain of a convolution for a constant image; a layer that starts above it may keep its
   * initial gain. `false` only measures.
   * @default 1.5
   */
  limit?: number | false;
  /**
   * Names of the weights that are limited; at least one convolution must match. @default the
   * convolutions of IFNet's and RIFE 4.x's blocks between the first one and the flow
   */
  layers?: RegExp;
}

/** Options with every default filled in. */
export interface CompleteOptions {
  limit: number | false;
  layers: RegExp;
}

const LIMIT = 'It must be a finite number above 0, or false to watch alone';
const LAYERS = 'It must be a regular expression for names of weights, such as /^block0\\./';

/** Schema of {@link GainLimitOptions}. */
export const optionsSchema = z.strictObject({
  limit: z
    .union([z.literal(false), z.number({error: LIMIT}).positive({error: LIMIT})], {error: LIMIT})
    .default(1.5),
  layers: z
    .instanceof(RegExp, {error: LAYERS})
    .default(/^(block\w*|teacher)\.(conv0\.1\.0|convblock\.\d+\.(0|conv))\.weight$/),
});

/** @throws RIFE_ERR_PLUGIN_OPTION */
export const checkOptions = (options: GainLimitOptions): CompleteOptions =>
  parseOptions(NAME, optionsSchema, options);
