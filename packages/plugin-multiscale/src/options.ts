/** Options of the plugin, and their validation. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';

export const NAME = 'rife:multiscale';

export interface MultiscaleOptions {
  /**
   * Scales of the new student blocks before the network's own, coarse to fine: powers of two up to
   * 32, each coarser than the network's first scale. An empty list adds none. Crops must be
   * multiples of 4 times the coarsest. @default [16, 8]
   */
  stages?: readonly number[];
  /** Channels of each new block; even. @default those of the network's first block (240), each */
  widths?: readonly number[];
  /** Lets each level of the context net use the coarser and the finer ones. @default false */
  fusion?: boolean;
  /**
   * Adds a residual branch to features at 1/16 of the size and deeper, which extends the receptive
   * field by 6 of their pixels each way: two dilated 3x3 convolutions, or one 13x13 kernel per
   * channel. @default false
   */
  receptiveField?: false | 'dilated' | 'large-kernel';
}

/** Options with their defaults. */
export interface ResolvedOptions {
  stages: number[];
  widths: number[] | undefined;
  fusion: boolean;
  receptiveField: false | 'dilated' | 'large-kernel';
}

const STAGES = 'It must be a falling list of powers of two from 2 to 32, such as [16, 8]';
const WIDTHS = 'It must be a list of even numbers above 0, one per stage';
const FLAG = 'It must be true or false';
const FIELD = 'It must be false, "dilated" or "large-kernel"';
const NOTHING = 'They must add something: stages, fusion or receptiveField';

const isScale = (x: number) => x >= 2 && x <= 32 && Number.isInteger(Math.log2(x));
const isFalling = (list: number[]) => list.every((x, i) => i === 0 || x < list[i - 1]!);
const isWidth = (x: number) => Number.isInteger(x) && x > 0 && x % 2 === 0;

const scales = z
  .array(z.number({error: STAGES}), {error: STAGES})
  .refine(list => list.every(isScale) && isFalling(list), {error: STAGES});
const widths = z
  .array(z.number({error: WIDTHS}), {error: WIDTHS})
  .refine(list => list.every(isWidth), {error: WIDTHS});

/** Schema of {@link MultiscaleOptions}. */
export const optionsSchema = z
  .strictObject({
    stages: scales.default([16, 8]),
    widths: widths.optional(),
    fusion: z.boolean({error: FLAG}).default(false),
    receptiveField: z
      .union([z.literal(false), z.enum(['dilated', 'large-kernel'])], {error: FIELD})
      .default(false),
  })
  .refine(({stages, widths: given}) => !given || given.length === stages.length, {
    error: WIDTHS,
    path: ['widths'],
  })
  .refine(({stages, fusion, receptiveField}) => stages.length > 0 || fusion || receptiveField !== false, {
    error: NOTHING,
  });

/** @throws RIFE_ERR_PLUGIN_OPTION */
export const resolveOptions = (options: unknown): ResolvedOptions => {
  const {widths: given, ...rest} = parseOptions(NAME, optionsSchema, options);
  return {...rest, widths: given};
};
