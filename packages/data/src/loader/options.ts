import {availableParallelism} from 'node:os';
import type {AugmentOptions, DataConfig, PolicyAt, SamplingPolicy} from '@rife-train/core';
import {cropInvalid, dataOption} from '@rife-train/errors';
import {checkAugment} from '../augment/augmentOptions.js';
import {checkCache, type ResolvedCache} from './cache/options.js';
import type {Split} from '../clip.js';
import {FROM_THE_START, type Origin, type Shard} from '../sampling/plan.js';
import {defaultWorkers} from './pool.js';

/** Options of {@link openBatchSource}; those of `DataConfig` have its meaning and defaults. */
export interface BatchSourceOptions {
  /** Folder with `train` and `val`, or with clips. */
  root: string;
  /** @default 'train' */
  split?: Split;
  /** Layout of the clips below `root`. @default 'auto' (detected) */
  layout?: DataConfig['layout'];
  /** Triplets per batch. @default 4 */
  batch?: number;
  /** Side of the square crop, or [height, width]; multiples of 32, at least 64. @default 224 */
  crop?: number | [number, number];
  /** Smallest and largest gap, in frames. @default [1, 1] */
  gaps?: [number, number];
  /**
   * Samples of an epoch, in which no triplet of a gap is repeated before all were drawn: a number;
   * `full`, the number of triplets of `gaps`; or `none`: each sample is drawn independently.
   * @default 'full'
   */
  epoch?: DataConfig['epoch'];
  /**
   * Share of the samples of this source: replica `rank` of `count`. @default {rank: 0, count: 1}
   */
  shard?: Shard;
  /**
   * Start of counting samples: a batch, and the number of its first sample. @default {batch: 0,
   * sample: 0}
   */
  origin?: Origin;
  /** Position of gt between its inputs. @default 'middle' */
  timestep?: DataConfig['timestep'];
  /** Whole number in 0..2^32-1. @default 1234 */
  seed?: number;
  /** Decode threads; 0 decides by the number of cores, which replicas share. @default 0 */
  workers?: number;
  /** Batches decoded ahead. @default 4 */
  prefetch?: number;
  /** @default true */
  augment?: boolean | AugmentOptions;
  /** Folder or options of the cache of decoded clips. @default false (no cache) */
  cache?: DataConfig['cache'];
  /** @default 'error' */
  onBadClip?: 'error' | 'skip';
  /** Share of the clips that may be left out, at least one clip. @default 0.1 */
  maxBadShare?: number;
  /**
   * Policy of a batch; asked when the batch is planned, up to `prefetch` batches ahead. @default
   * `gaps`, uniformly
   */
  policyAt?: PolicyAt;
  /**
   * Called once for each clip that is skipped, and for problems of the cache. @default
   * process.emitWarning
   */
  warn?: (message: string) => void;
}

/** Cores of one replica; all replicas share the machine. */
const coresFor = ({count}: Shard) => Math.floor(availableParallelism() / count);

/** Options, checked and complete. */
export interface ResolvedOptions extends Required<Omit<BatchSourceOptions, 'crop' | 'augment' | 'cache'>> {
  cache: ResolvedCache | false;
  augment: AugmentOptions | false;
  crop: readonly [height: number, width: number];
}

const LAYOUTS = ['auto', 'clips', 'x-train', 'x-test', 'vimeo-triplet', 'vimeo-septuplet'];
const CROP_MULTIPLE = 32;
const MIN_CROP = 64;

function checkWhole(option: string, value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw dataOption(option, value, `a whole number from ${least} to ${most}`);
}

function checkOneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value))
    throw dataOption(option, value, allowed.map(a => JSON.stringify(a)).join(' or '));
}

function cropSides(crop: unknown): readonly [number, number] {
  const [height, width] = Array.isArray(crop) ? (crop as unknown[]) : [crop, crop];
  if (Array.isArray(crop) && crop.length !== 2) throw dataOption('crop', crop, 'a number or [height, width]');
  const fits = (side: unknown) =>
    Number.isSafeInteger(side) && (side as number) % CROP_MULTIPLE === 0 && (side as number) >= MIN_CROP;
  if (!fits(height) || !fits(width)) throw cropInvalid(height, width, CROP_MULTIPLE, MIN_CROP);
  return [height as number, width as number];
}

function checkGaps(gaps: unknown): void {
  const isGap = (gap: unknown) => Number.isSafeInteger(gap) && (gap as number) >= 1;
  if (Array.isArray(gaps) && gaps.length === 2 && gaps.every(isGap) && gaps[0] <= gaps[1]) return;
  throw dataOption('gaps', gaps, '[smallest, largest], whole numbers from 1, such as [1, 8]');
}

/** The limit of 2^40 samples is far above any real epoch; all numbers up to it are exact. */
function checkEpoch(epoch: unknown): void {
  const isCount = Number.isSafeInteger(epoch) && (epoch as number) >= 1 && (epoch as number) <= 2 ** 40;
  if (!isCount && epoch !== 'full' && epoch !== 'none')
    throw dataOption('epoch', epoch, 'a whole number of samples from 1, "full" or "none"');
}

function checkAll(options: Omit<ResolvedOptions, 'crop'>): void {
  if (typeof options.root !== 'string' || options.root === '')
    throw dataOption('root', options.root, 'the path of a folder');
  checkOneOf('split', options.split, ['train', 'val']);
  checkOneOf('layout', options.layout, LAYOUTS);
  checkWhole('batch', options.batch, 1, 4096);
  checkGaps(options.gaps);
  checkEpoch(options.epoch);
  checkWhole('shard.count', options.shard.count, 1, 2 ** 16);
  checkWhole('shard.rank', options.shard.rank, 0, options.shard.count - 1);
  checkOneOf('timestep', options.timestep, ['middle', 'any']);
  checkWhole('seed', options.seed, 0, 2 ** 32 - 1);
  checkWhole('workers', options.workers, 0, 256);
  checkWhole('prefetch', options.prefetch, 1, 1024);
  checkOneOf('onBadClip', options.onBadClip, ['error', 'skip']);
  if (!(options.maxBadShare >= 0 && options.maxBadShare <= 1))
    throw dataOption('maxBadShare', options.maxBadShare, 'a number from 0 to 1');
}

/**
 * Checks options and fills in defaults.
 * @throws RIFE_ERR_DATA_OPTION, RIFE_ERR_DATA_CROP
 */
export function resolveOptions(given: BatchSourceOptions): ResolvedOptions {
  const {gaps = [1, 1]} = given;
  const policy: SamplingPolicy = {minGap: gaps[0], maxGap: gaps[1]};
  const options = {
    root: given.root,
    split: given.split ?? 'train',
    layout: given.layout ?? 'auto',
    batch: given.batch ?? 4,
    gaps,
    epoch: given.epoch ?? 'full',
    shard: given.shard ?? {rank: 0, count: 1},
    origin: given.origin ?? FROM_THE_START,
    timestep: given.timestep ?? 'middle',
    seed: given.seed ?? 1234,
    workers: given.workers ?? 0,
    prefetch: given.prefetch ?? 4,
    augment: checkAugment(given.augment ?? true),
    cache: checkCache(given.cache ?? false),
    onBadClip: given.onBadClip ?? 'error',
    maxBadShare: given.maxBadShare ?? 0.1,
    policyAt: given.policyAt ?? (() => policy),
    warn: given.warn ?? ((message: string) => process.emitWarning(message)),
  };
  checkAll(options);
  return {
    ...options,
    workers: options.workers || defaultWorkers(coresFor(options.shard)),
    crop: cropSides(given.crop ?? 224),
  };
}
