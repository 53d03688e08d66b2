/** state.json: everything of a checkpoint that is no tensor. */
import {checkpointVersion} from '@rife-train/errors';
import type {ModelOptions, TrainConfig} from '../contract/index.js';
import type {WeightsOrigin} from '../initialWeights.js';
import type {FileSeal} from './files.js';
import {migrated, STATE_VERSION} from './migrations.js';

export const WEIGHTS_FILE = 'weights.safetensors';
export const OPTIMIZER_FILE = 'optimizer.safetensors';
export const STATE_FILE = 'state.json';
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

/** What a resumed run compares with its own configuration, to say what changed. */
export interface ConfigSummary {
  steps: number;
  seed: number;
  data: Record<string, unknown>;
  optim: Record<string, unknown>;
  plugins: string[];
  /** Weights that the run began with, when they were not fresh. */
  init?: WeightsOrigin;
}

/** The best validation of a run. */
export interface BestScore {
  step: number;
  /** PSNR in dB. */
  psnr: number;
}

export interface CheckpointState extends RunPosition {
  version: number;
  model: {name: string; options: ModelOptions};
  config: ConfigSummary;
  /** State of plugins, by plugin name. */
  plugins: Record<string, unknown>;
  /**
   * Plugins that a prediction needs beside the weights, since they change the flow. Architecture is in `model.options`.
   * @default [] in checkpoints that do not have it
   */
  predictionPlugins?: string[];
  /** Length of metrics.jsonl: a resumed run cuts it off there. @default not known */
  metrics?: {bytes: number};
  /** Step and score of the best validation so far. @default none yet */
  best?: BestScore;
  /** Batches and initialisation are functions of the seed and a number, so the seed is the whole state of chance. */
  rng: {seed: number};
  files: Record<string, FileSeal>;
}

export function summarizeConfig(
  {steps, seed, data: {root: _root, workers: _workers, prefetch: _prefetch, ...data}, optim}: TrainConfig,
  plugins: readonly {name: string}[],
  init?: WeightsOrigin,
): ConfigSummary {
  return {
    steps,
    seed,
    data,
    optim: {...optim},
    plugins: plugins.map(({name}) => name),
    ...(init ? {init} : {}),
  };
}

/**
 * Options that differ, as `optim.learningRate: 0.0003 -> 0.0001`.
 * @param defaults what held for options that `before` does not know: its release did not have them yet
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

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isRanges = (value: unknown) =>
  Array.isArray(value) &&
  value.every(range => Array.isArray(range) && range.length === 2 && range.every(isCount));
const isSeal = (seal: unknown) =>
  isCount((seal as FileSeal | undefined)?.bytes) && typeof (seal as FileSeal).sha256 === 'string';

/**
 * Parses a state.json; returns what is wrong with it when it is torn.
 * @throws RIFE_ERR_CHECKPOINT_VERSION for one of another release
 */
export function parseState(text: string, folder: string): CheckpointState | string {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return `${STATE_FILE} is not JSON`;
  }
  if (typeof raw !== 'object' || raw === null) return `${STATE_FILE} is not an object`;
  if (!isCount((raw as {version?: unknown}).version)) return `${STATE_FILE} has no version`;
  const state = migrated(raw as Record<string, unknown>) as CheckpointState | undefined;
  if (!state) throw checkpointVersion(folder, (raw as {version?: unknown}).version, STATE_VERSION);
  const whole =
    [state.step, state.updates, state.dataIndex].every(isCount) &&
    [WEIGHTS_FILE, OPTIMIZER_FILE].every(file => isSeal(state.files?.[file])) &&
    typeof state.model?.name === 'string' &&
    typeof state.plugins === 'object' &&
    typeof state.config === 'object' &&
    isRanges(state.avoided);
  return whole ? state : `${STATE_FILE} lacks entries`;
}
