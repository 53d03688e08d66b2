/** Options of the plugin, with one schema for each mode. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';

export const NAME = 'rife:gradclip';

/** How gradients are clipped. */
export type ClipMode = 'norm' | 'value' | 'adaptive' | 'autoclip' | 'zclip';

/** Options that every mode has. */
export interface WarmupOptions {
  /**
   * Updates at the start in which the mode does not clip yet, but collects statistics.
   * @default 0; with `zclip` 25, at least 2
   */
  warmupSteps?: number;
  /** Upper bound of the global norm during warm-up. @default none */
  warmupMaxNorm?: number;
}

/** All gradients scaled by one factor when their global norm exceeds a bound. The default. */
export interface NormOptions extends WarmupOptions {
  /** All gradients are scaled by one factor. @default 'norm' */
  mode?: 'norm';
  /** Upper bound of the L2 norm of all gradients taken as one vector. @default 1 */
  maxNorm?: number;
}

/** Each single value limited. */
export interface ValueOptions extends WarmupOptions {
  /** Each single value is limited. */
  mode: 'value';
  /**
   * Largest absolute value of an entry of a gradient. No default: suitable values depend on the
   * loss.
   */
  maxValue: number;
}

/** AGC: each unit's gradient limited relative to its weights. Brock et al. 2021. */
export interface AdaptiveOptions extends WarmupOptions {
  /** AGC: the gradient of each unit is limited relative to its weights. */
  mode: 'adaptive';
  /** Largest norm of a unit's gradient, as a share of the norm of its weights. @default 0.01 */
  ratio?: number;
  /** Lower limit of the weights' norm. @default 1e-3 */
  floor?: number;
}

/** AutoClip: the bound is a percentile of the norms so far. Seetharaman et al. 2020. */
export interface AutoClipOptions extends WarmupOptions {
  /** AutoClip: the bound is a percentile of the norms so far. */
  mode: 'autoclip';
  /** 0 to 100. @default 10 */
  percentile?: number;
  /** Number of norms: the current one and the last ones before it; at least 2. @default 1000 */
  history?: number;
  /** Upper bound of the global norm for any percentile. @default none */
  maxNorm?: number;
}

/** ZClip: norms that exceed their moving mean are reduced. Kumar et al. 2025. */
export interface ZClipOptions extends WarmupOptions {
  /** ZClip: norms far above their moving mean are brought back. */
  mode: 'zclip';
  /** Share of the old mean and variance that a step keeps; in (0,1). @default 0.97 */
  decay?: number;
  /** Deviations above the mean from which a norm is an outlier. @default 2.5 */
  threshold?: number;
  /**
   * Value to which an outlier is reduced: `reciprocal`, mean + threshold^2 / z deviations; `mean`;
   * `threshold`, mean + threshold deviations. @default 'reciprocal'
   */
  target?: 'reciprocal' | 'mean' | 'threshold';
  /** Upper bound of the global norm for any mean. @default none */
  maxNorm?: number;
}

export type GradClipOptions = NormOptions | ValueOptions | AdaptiveOptions | AutoClipOptions | ZClipOptions;

const positive = z.number().positive();
const warmup = {warmupSteps: z.int().min(0).default(0), warmupMaxNorm: positive.optional()};

const SCHEMAS = {
  norm: z.strictObject({mode: z.literal('norm').default('norm'), maxNorm: positive.default(1), ...warmup}),
  value: z.strictObject({mode: z.literal('value'), maxValue: positive, ...warmup}),
  adaptive: z.strictObject({
    mode: z.literal('adaptive'),
    ratio: positive.default(0.01),
    floor: positive.default(1e-3),
    ...warmup,
  }),
  autoclip: z.strictObject({
    mode: z.literal('autoclip'),
    percentile: z.number().min(0).max(100).default(10),
    history: z.int().min(2).default(1000),
    maxNorm: positive.optional(),
    ...warmup,
  }),
  zclip: z.strictObject({
    mode: z.literal('zclip'),
    decay: z.number().gt(0).lt(1).default(0.97),
    threshold: positive.default(2.5),
    target: z.enum(['reciprocal', 'mean', 'threshold']).default('reciprocal'),
    maxNorm: positive.optional(),
    ...warmup,
    warmupSteps: z.int().min(2).default(25),
  }),
} as const;

/**
 * Schema of {@link GradClipOptions}. {@link checkOptions} looks at that of the mode alone, for
 * plainer errors.
 */
export const optionsSchema = z.union(Object.values(SCHEMAS));

const MODES = Object.keys(SCHEMAS) as [ClipMode, ...ClipMode[]];
const modeSchema = z.looseObject({mode: z.enum(MODES).default('norm')});

type Complete = {[M in ClipMode]: z.infer<(typeof SCHEMAS)[M]>};
/** Options with their defaults filled in. */
export type CompleteOptions = Complete[ClipMode];

/** @throws RIFE_ERR_PLUGIN_OPTION */
export function checkOptions(options: unknown): CompleteOptions {
  const {mode} = parseOptions(NAME, modeSchema, options);
  return parseOptions<CompleteOptions>(NAME, SCHEMAS[mode], options);
}
