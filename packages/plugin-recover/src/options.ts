/** Options of the plugin, and their validation. */
import {parseOptions} from '@rife-train/core';
import * as z from 'zod';

export const NAME = 'rife:recover';

/** A loss or gradient norm far above the usual. */
export interface SurgeOptions {
  /** Steps whose losses define what is usual. @default 200 */
  window?: number;
  /** Steps at the start in which nothing is judged; at most `window`. @default 50 */
  warmup?: number;
  /**
   * Deviations above the median of the logarithms, in units of 1.4826 times their median deviation,
   * from which a step is suspicious. It is then skipped. @default 6
   */
  threshold?: number;
  /** Suspicious steps in a row that make a surge. @default 3 */
  patience?: number;
}

/** A flow so large that it shows only the border of the image. */
export interface RunawayOptions {
  /** Largest |flow component| over the shorter side of the crop. @default 2 */
  share?: number;
}

/** A network without gradient. */
export interface DeadOptions {
  /**
   * A gradient norm at or below this fraction of its running median counts as none. @default 1e-6
   */
  ratio?: number;
  /** Such steps in a row. @default 5 */
  steps?: number;
}

/** What is reduced after a rollback. */
export interface SoftenOptions {
  /** Factor of the learning rate, once per rollback. @default 0.5 */
  learningRate?: number;
  /** Factor of the weight of the loss term `distill`, once per rollback. @default 0.5 */
  distill?: number;
  /** Steps until the factors are back at 1; doubled with each rollback of a series. @default 500 */
  steps?: number;
}

export interface RecoverOptions {
  /** Steps between snapshots. @default 50 */
  every?: number;
  /** Snapshots in memory; each holds weights and moments, 129 MB for RIFE. @default 3 */
  keep?: number;
  /**
   * Saves snapshots in the newest checkpoint, so that a resumed run returns to the same snapshot as
   * the uninterrupted one; each enlarges it by 129 MB for RIFE. @default true
   */
  inCheckpoints?: boolean;
  /** Healthy steps after a snapshot before it may be used. @default 20 */
  probation?: number;
  /** Consecutive steps that are not finite and only skipped. @default 2 */
  skips?: number;
  /**
   * Batches before the first suspicious one that are also avoided; doubled with each rollback of a
   * series. @default 2
   */
  margin?: number;
  /** @default on */
  surge?: boolean | SurgeOptions;
  /** @default on */
  runaway?: boolean | RunawayOptions;
  /** @default on */
  dead?: boolean | DeadOptions;
  /** @default on */
  soften?: boolean | SoftenOptions;
  /** Rollbacks within `per` steps, above which the run is stopped. @default 6 */
  maxRollbacks?: number;
  /** Steps over which rollbacks are counted against `maxRollbacks`. @default 2000 */
  per?: number;
}

const ABOVE_0 = 'It must be a finite number above 0';
const COUNT = 'It must be a whole number above 0';
const FROM_0 = 'It must be a whole number of at least 0';
const PART = 'It must be a number above 0, up to 1';

const above0 = z.number({error: ABOVE_0}).positive({error: ABOVE_0});
const count = z.int({error: COUNT}).positive({error: COUNT});
const from0 = z.int({error: FROM_0}).nonnegative({error: FROM_0});
const part = z.number({error: PART}).positive({error: PART}).max(1, {error: PART});

/** An object of options; `true` and undefined select its defaults, `false` turns it off. */
const switched = <T extends z.ZodRawShape>(shape: T, error: string) =>
  z.preprocess(
    value => (value === undefined || value === true ? {} : value),
    z.union([z.literal(false), z.strictObject(shape)], {error}),
  );

/** Schema of {@link RecoverOptions}. */
export const optionsSchema = z.strictObject({
  every: count.default(50),
  keep: count.default(3),
  inCheckpoints: z.boolean({error: 'It must be true or false'}).default(true),
  probation: from0.default(20),
  skips: from0.default(2),
  margin: from0.default(2),
  surge: switched(
    {
      window: count.default(200),
      warmup: count.default(50),
      threshold: above0.default(6),
      patience: count.default(3),
    },
    'It must be true, false or {window, warmup, threshold, patience}',
  ),
  runaway: switched({share: above0.default(2)}, 'It must be true, false or {share}'),
  dead: switched(
    {ratio: above0.default(1e-6), steps: count.default(5)},
    'It must be true, false or {ratio, steps}',
  ),
  soften: switched(
    {learningRate: part.default(0.5), distill: part.default(0.5), steps: count.default(500)},
    'It must be true, false or {learningRate, distill, steps}',
  ),
  maxRollbacks: count.default(6),
  per: count.default(2000),
});

/** Options with every default filled in. */
export type CompleteOptions = z.output<typeof optionsSchema>;

/** @throws RIFE_ERR_PLUGIN_OPTION */
export const checkOptions = (options: RecoverOptions): CompleteOptions =>
  parseOptions(NAME, optionsSchema, options);
