import {availableParallelism} from 'node:os';
import type {AugmentOptions, PolicyAt} from '@rife-train/core';
import {
  checkHalves,
  examine,
  option,
  trainerShape,
  whole,
  type Input,
  type Problem,
} from '@rife-train/core/config';
import {cropInvalid, dataOption, dataOptionUnknown} from '@rife-train/errors';
import * as z from 'zod';
import type {Split} from '../clip.js';
import {FROM_THE_START, type Origin, type Shard} from '../sampling/plan.js';
import {resolveCache, type ResolvedCache} from './cache/options.js';
import {CROP_SIDES, clipsShape} from './dataSchema.js';
import {defaultWorkers} from './pool.js';

/**
 * Options of {@link openBatchSource}: those of `DataConfig`, with its meaning and defaults, and
 * these.
 */
export interface BatchSourceOptions extends Input<typeof clipsShape> {
  /** @default 'train' */
  split?: Split | undefined;
  /**
   * Which part of the samples this source gives: replica `rank` of `count`. @default {rank: 0,
   * count: 1}
   */
  shard?: Shard | undefined;
  /**
   * Where the samples of a run are counted from: a batch, and the number of its first sample.
   * @default {batch: 0, sample: 0}
   */
  origin?: Origin | undefined;
  /** Whole number in 0..2^32-1. @default 1234 */
  seed?: number | undefined;
  /**
   * Policy of a batch; asked when the batch is planned, up to `prefetch` batches ahead. @default
   * `gaps`, uniformly
   */
  policyAt?: PolicyAt | undefined;
  /**
   * Called once for each clip that is left out, and for what the cache cannot do. @default
   * process.emitWarning
   */
  warn?: ((message: string) => void) | undefined;
}

/** Options, checked and complete. */
export interface ResolvedOptions extends Required<Omit<BatchSourceOptions, keyof Changed>>, Changed {}
interface Changed {
  cache: ResolvedCache | false;
  augment: AugmentOptions | false;
  crop: readonly [height: number, width: number];
}

const sourceSchema = z
  .object({
    ...clipsShape,
    split: option(z.enum(['train', 'val']).default('train'), {words: 'Part of the clips.'}),
    shard: option(
      z
        .object({rank: whole(0), count: whole(1).lte(2 ** 16)})
        .refine(({rank, count}) => rank < count)
        .default({rank: 0, count: 1}),
      {words: 'Part of the samples.', expected: 'a count from 1 to 65536, and a rank below it'},
    ),
    origin: z.custom<Origin>().default(FROM_THE_START),
    seed: trainerShape.seed,
    policyAt: z.custom<PolicyAt>().optional(),
    warn: z
      .custom<(message: string) => void>()
      .default(() => (message: string) => process.emitWarning(message)),
  })
  .superRefine(checkHalves);

function errorOf({path, got, expected, unknown}: Problem) {
  if (unknown) return dataOptionUnknown(unknown.path, path, got, unknown.known);
  if (path !== 'crop' || (Array.isArray(got) && got.length !== 2)) return dataOption(path, got, expected);
  const [height, width] = Array.isArray(got) ? (got as unknown[]) : [got, got];
  return cropInvalid(height, width, CROP_SIDES.multiple, CROP_SIDES.least);
}

/** Cores of one replica: they share a machine. */
const coresFor = ({count}: Shard) => Math.floor(availableParallelism() / count);

/**
 * Checks options and fills in defaults.
 * @throws RIFE_ERR_DATA_OPTION, RIFE_ERR_DATA_CROP
 */
export function resolveOptions(given: BatchSourceOptions): ResolvedOptions {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  const {value: options, problems} = examine(sourceSchema, Object.fromEntries(set));
  if (problems) throw errorOf(problems[0]!);
  const {crop, gaps, augment, cache, policyAt} = options;
  const policy = {minGap: gaps[0], maxGap: gaps[1]};
  return {
    ...options,
    crop: Array.isArray(crop) ? crop : [crop, crop],
    augment: augment === true ? {} : augment,
    cache: resolveCache(cache),
    policyAt: policyAt ?? (() => policy),
    workers: options.workers || defaultWorkers(coresFor(options.shard)),
  };
}
