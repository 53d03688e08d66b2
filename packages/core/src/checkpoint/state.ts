/** state.json: everything in a checkpoint that is not a tensor. */
import type {ModelOptions, TrainConfig, WeightsOrigin} from '../contract/index.js';
import type {Schedule} from '../optim/schedule.js';
import type {Sharding} from './sharding.js';
import type {ClipsMark} from './clipList.js';
import type {FileSeal} from '@rife-train/files';

export const WEIGHTS_FILE = 'weights.safetensors';
export const OPTIMIZER_FILE = 'optimizer.safetensors';
export const STATE_FILE = 'state.json';
/** File of the i-th snapshot that a plugin keeps. */
export const snapshotFile = (i: number) => `snapshot-${i}.safetensors`;
/** Name of the folder of a step: its checkpoint, its flight record. */
export const stepFolder = (step: number) => `step-${String(step).padStart(8, '0')}`;

/** Position of a run; with the tensors it is all that a resumed run needs. */
export interface RunPosition {
  /** Optimizer steps done, skipped ones included: the next step has this number. */
  step: number;
  /** Updates done; Adam's t. */
  updates: number;
  /** Number of the next batch (micro-batch). Ahead of step * microSteps after a rollback. */
  dataIndex: number;
  /** Batches that are never fed, as ranges [from, to) in order. */
  avoided: readonly (readonly [from: number, to: number])[];
}

/** Counts of bad steps; a resumed run continues them. */
export interface Setbacks {
  /** Non-finite steps in a row. */
  nonFinite: number;
  /** Steps in a row that were finite and refused. */
  refused: number;
  /** Rollbacks since the run was last further than ever before. */
  rollbacks: number;
  /** The furthest step that was begun. */
  furthest: number;
  /**
   * Number of the newest flight record.
   * @default not known, in checkpoints of older releases
   */
  records?: number;
}

/** A snapshot that a plugin keeps: its numbers are in a file of its own. */
export interface KeptSnapshot {
  /** Plugin that keeps it. */
  owner: string;
  file: string;
  position: RunPosition;
  /** State of plugins at that moment. */
  plugins: Record<string, unknown>;
}

/** The part of the configuration that a resumed run compares with its own, to log what changed. */
export interface ConfigSummary {
  steps: number;
  seed: number;
  data: Record<string, unknown>;
  optim: Record<string, unknown>;
  /** Replicas that trained together. @default 1 */
  devices?: number;
  /** Of convolutions. @default 'fp32', in checkpoints of older releases */
  precision?: TrainConfig['precision'];
  plugins: string[];
  /** Weights that the run began with, when they were not fresh. */
  init?: WeightsOrigin;
}

/** The best validation of a run. */
export interface BestScore {
  step: number;
  /** Which score: `psnr`. */
  name: string;
  score: number;
}

export interface CheckpointState extends RunPosition {
  version: number;
  model: {name: string; options: ModelOptions};
  config: ConfigSummary;
  /** State of plugins, by plugin name. */
  plugins: Record<string, unknown>;
  /**
   * Plugins that a prediction needs beside the weights, since they change the flow. Architecture is
   * in `model.options`.
   * @default [] in checkpoints that do not have it
   */
  predictionPlugins?: string[];
  /** Length of metrics.jsonl: a resumed run truncates it to that. @default not known */
  metrics?: {bytes: number};
  /** Step and score of the best validation so far. @default none yet */
  best?: BestScore;
  /**
   * Batches and initialisation are functions of the seed and a number, so the seed is the whole
   * state of the random numbers.
   */
  rng: {seed: number};
  setbacks: Setbacks;
  /**
   * Step of the checkpoint that a rollback returns to; not this one where the run was stopped in
   * between.
   * @default the newest
   */
  returnTo?: number;
  /** @default [] where no plugin keeps one */
  snapshots?: KeptSnapshot[];
  /** How samples became batches. @default those of one device, in checkpoints of older releases */
  sharding?: Sharding;
  /**
   * Schedule of the learning rate.
   * @default over the steps of `config`, in checkpoints of older releases
   */
  schedule?: Schedule;
  /** The clips that samples were drawn from. @default not known */
  clips?: ClipsMark;
  /**
   * Name that all checkpoints of a run share.
   * @default not known, in checkpoints of older releases
   */
  run?: string;
  files: Record<string, FileSeal>;
}

export function summarizeConfig(
  {
    steps,
    seed,
    data: {root: _root, workers: _workers, prefetch: _prefetch, cache: _cache, ...data},
    optim,
    devices,
    precision,
  }: TrainConfig,
  plugins: readonly {name: string}[],
  init?: WeightsOrigin,
): ConfigSummary {
  return {
    steps,
    seed,
    data,
    optim: {...optim},
    devices,
    precision,
    plugins: plugins.map(({name}) => name),
    ...(init ? {init} : {}),
  };
}

/**
 * Options that differ, as `optim.learningRate: 0.0003 -> 0.0001`.
 * @param defaults what held for options that `before` does not know: its release did not have them
 *   yet
 */
export function configChanges(
  before: ConfigSummary,
  now: ConfigSummary,
  defaults: Partial<ConfigSummary> = {},
): string[] {
  const flat = (value: unknown, prefix: string): [string, string][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, prefix === '' ? key : `${prefix}.${key}`))
      : [[prefix, JSON.stringify(value)]];
  const old = new Map([...flat(defaults, ''), ...flat(before, '')]);
  return flat(now, '')
    .filter(([key, value]) => old.get(key) !== value)
    .map(([key, value]) => `${key}: ${old.get(key)} -> ${value}`);
}
