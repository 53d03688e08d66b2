/** What a run is made of; openRun.ts puts it together. */
import type {CheckpointStore} from './checkpoint/store.js';
import type {
  BatchSource,
  Model,
  Program,
  Progress,
  RifePlugin,
  SamplingPolicy,
  TrainConfig,
  TrainerHooks,
} from './contract/index.js';
import type {Logger} from './logger.js';
import type {Replicas} from './replicas.js';
import type {Sharding} from './sharding.js';
import type {ScalarTable} from './traced/scalars.js';

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
