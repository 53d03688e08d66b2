/** What a run is made of; openRun.ts puts it together. */
import type {ClipsMark} from '../checkpoint/clipList.js';
import type {CheckpointStore} from '../checkpoint/store.js';
import type {
  BatchSource,
  Model,
  Program,
  Progress,
  RifePlugin,
  SamplingPolicy,
  TrainConfig,
  TrainerHooks,
} from '../contract/index.js';
import type {Logger} from '../log/logger.js';
import type {Schedule} from '../optim/schedule.js';
import type {Replicas} from './replicas.js';
import type {Sharding} from './sharding.js';
import type {ScalarTable} from '../traced/scalars.js';

export interface RunParts {
  config: TrainConfig;
  hooks: TrainerHooks;
  /** In the order in which they were applied. */
  plugins: readonly RifePlugin[];
  model: Model;
  program: Program;
  source: BatchSource;
  scalars: ScalarTable;
  store: CheckpointStore;
  logger: Logger;
  replicas: Replicas;
  /** How samples become batches. */
  sharding: Sharding;
  /** How the learning rate goes. */
  schedule: Schedule;
  /** The clips that samples are drawn from, where the source tells. */
  clips: ClipsMark | undefined;
}

/** Why a checkpoint is written, and how. */
export interface SaveRequest {
  /** The run is interrupted here. */
  isStop?: boolean;
  /** It is the best so far. */
  isBest?: boolean;
  /** Without the other replicas, which may be lost. */
  alone?: boolean;
}

/** Progress at a step; beyond the last step (data runs ahead after a rollback) it stays at 1. */
export function progressAt(step: number, steps: number): Progress {
  return {step, steps, fraction: Math.min(1, step / steps)};
}

/** Policy of batch number `index`: the configured gaps, as taps of `sampling` change them. A function of `index` alone. */
export function samplingPolicyAt(index: number, config: TrainConfig, hooks: TrainerHooks): SamplingPolicy {
  const [minGap, maxGap] = config.data.gaps;
  const step = Math.floor(index / config.optim.microSteps);
  return hooks.sampling.call({minGap, maxGap}, progressAt(step, config.steps));
}
