/** Options of the plugin, and their validation. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';
import {WATCH_DEFAULTS, type WatchOptions} from './runaway.js';

/**
 * The network's flow is in pixels of an image of `reference` a side, and is scaled to the current
 * image.
 */
export interface BySize {
  /** `size`: by the size of the image. `running`: by the running size of the flow. */
  by: 'size';
  /**
   * Side in pixels of the image for which the flow stays as it is; RIFE's own crop. @default 224
   */
  reference?: number;
}

/**
 * Each block's flow is multiplied by min(1, limit / its running size); size: mean |component| in
 * pixels.
 */
export interface ByRunningSize {
  /** As above. */
  by: 'running';
  /** Mean |component| in pixels beyond which the flow is made smaller. */
  limit: number;
  /** Approximate memory of the running mean, in steps. @default 20 */
  over?: number;
}

/**
 * Bound of each component of each block's own flow. A list has one number per stage; its last one
 * also applies to all later stages.
 */
export type BoundOptions = (
  | {
      /** The bound in pixels. */
      pixels: number | readonly number[];
    }
  | {
      /** The bound as a fraction of the image: of its width for x, of its height for y. */
      share: number | readonly number[];
    }
) & {
  /** Fraction of the bound up to which the flow is unchanged, bit for bit. @default 0.5 */
  knee?: number;
};

export interface FlowNormOptions {
  /**
   * How the flow of each block is scaled. @default false: the flow is in pixels, as in the release
   */
  normalize?: false | BySize | ByRunningSize;
  /** Smooth bound of each component of the flow. @default false */
  bound?: false | BoundOptions;
  /** Warns before a blow-up. @default true */
  watch?: boolean | WatchOptions;
}

/** Options with every default filled in. */
export interface CheckedOptions {
  normalize: false | Required<BySize> | Required<ByRunningSize>;
  bound: false | {unit: 'pixels' | 'share'; limits: readonly number[]; knee: number};
  watch: false | Required<WatchOptions>;
}

const ABOVE_0 = 'It must be a finite number above 0';
const COUNT = 'It must be a whole number above 0';
const PART = 'It must be a number above 0 and below 1';
const SHARE = 'It must be a number above 0, up to 1';

const above0 = z.number({error: ABOVE_0}).positive({error: ABOVE_0});
const count = z.int({error: COUNT}).positive({error: COUNT});
const LIMITS = `${ABOVE_0}, or a list of them`;
const limits = z.union([above0, z.array(above0).min(1, {error: LIMITS})], {error: LIMITS}).optional();
const share = z.number({error: SHARE}).positive({error: SHARE}).max(1, {error: SHARE});

const normalize = z.discriminatedUnion(
  'by',
  [
    z.strictObject({by: z.literal('size'), reference: above0.default(224)}),
    z.strictObject({by: z.literal('running'), limit: above0, over: count.default(20)}),
  ],
  {error: `It must be false, {by: 'size'} or {by: 'running', limit: 32}`},
);

const bound = z
  .strictObject({
    pixels: limits,
    share: limits,
    knee: z.number({error: PART}).positive({error: PART}).lt(1, {error: PART}).default(0.5),
  })
  .refine(({pixels, share: part}) => (pixels === undefined) !== (part === undefined), {
    error: 'It must have one of "pixels" and "share", such as {pixels: 96}',
  })
  .transform(({pixels, share: part, knee}) => ({
    unit: pixels === undefined ? ('share' as const) : ('pixels' as const),
    limits: [pixels ?? part!].flat(),
    knee,
  }));

const {share: mostShare, growth, growthFrom, window, absorbed} = WATCH_DEFAULTS;
const watch = z.strictObject({
  share: above0.default(mostShare),
  growth: z
    .number({error: 'It must be a number above 1'})
    .gt(1, {error: 'It must be a number above 1'})
    .default(growth),
  growthFrom: above0.default(growthFrom),
  window: count.default(window),
  absorbed: share.default(absorbed),
});

/** Schema of the options, without the switches: each may also be false, and `watch` true. */
export const optionsSchema = z.strictObject({
  normalize: normalize.optional(),
  bound: bound.optional(),
  watch: watch.optional(),
});

/**
 * Switches in the schema's form: false becomes undefined, and a watch that is on gets its defaults.
 */
function withoutSwitches(options: FlowNormOptions): unknown {
  if (typeof options !== 'object' || options === null) return options;
  const {normalize: scale, bound: limit, watch: look} = options;
  return {
    ...options,
    ...(scale === false && {normalize: undefined}),
    ...(limit === false && {bound: undefined}),
    ...((look === true || look === false) && {watch: undefined}),
  };
}

/** @throws RIFE_ERR_PLUGIN_OPTION */
export function checkOptions(plugin: string, options: FlowNormOptions): CheckedOptions {
  const given = parseOptions(plugin, optionsSchema, withoutSwitches(options));
  return {
    normalize: given.normalize ?? false,
    bound: given.bound ?? false,
    watch: options.watch === false ? false : (given.watch ?? WATCH_DEFAULTS),
  };
}
