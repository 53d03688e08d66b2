/** Options of the plugin, and their validation. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';

export const NAME = 'rife:gainlimit';

export interface GainLimitOptions {
  /**
   * Largest change of a convolution's gain in one update, as a share of it; the rest of the update
   * of that layer is dropped. `false` to leave updates as they are.
   * @default 0.02
   */
  change?: number | false;
  /**
   * Largest gain of a convolution for a constant image; a layer that starts above it may keep its
   * initial gain. `false` for none.
   * @default false
   */
  limit?: number | false;
  /**
   * Names of the weights that `change` and `limit` hold for; at least one convolution must match.
   * @default every convolution; for `limit` those of IFNet's and RIFE 4.x's blocks between the
   * first one and the flow
   */
  layers?: RegExp | undefined;
}

/** Options with every default filled in. */
export interface CompleteOptions {
  change: number | false;
  limit: number | false;
  layers?: RegExp | undefined;
}

/** Layers of a block between its first convolution and its flow. */
export const INNER = /^(block\w*|teacher)\.(conv0\.1\.0|convblock\.\d+\.(0|conv))\.weight$/;

const CHANGE = 'It must be a finite number above 0, or false to leave updates as they are';
const LIMIT = 'It must be a finite number above 0, or false for none';
const LAYERS = 'It must be a regular expression for names of weights, such as /^block0\\./';

const positiveOrFalse = (error: string) =>
  z.union([z.literal(false), z.number({error}).positive({error})], {error});

/** Schema of {@link GainLimitOptions}. */
export const optionsSchema = z.strictObject({
  change: positiveOrFalse(CHANGE).default(0.02),
  limit: positiveOrFalse(LIMIT).default(false),
  layers: z.instanceof(RegExp, {error: LAYERS}).optional(),
});

/** @throws RIFE_ERR_PLUGIN_OPTION */
export const checkOptions = (options: GainLimitOptions): CompleteOptions =>
  parseOptions(NAME, optionsSchema, options);
