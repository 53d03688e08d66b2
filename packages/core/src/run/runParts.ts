/**
 * The parts of a run, which stay the same from its first step to its last; openRun.ts makes them.
 */
import type {ClipsMark} from '../checkpoint/clipList.js';
import type {CheckpointStore} from '../checkpoint/store.js';
import type {
  BatchSource,
  Model,
  Program,
  RifePlugin,
  SamplingPolicy,
  TrainConfig,
  TrainerHooks,
  WeightsOrigin,
} from '../contract/index.js';
import type {Logger} from '../log/logger.js';
import {progressAt} from '../optim/progress.js';
import type {Schedule} from '../optim/schedule.js';
import type {Replicas} from './replicas.js';
import type {Sharding} from '../checkpoint/sharding.js';
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
  /** Of the learning rate. */
  schedule: Schedule;
  /** The clips that samples are drawn from; undefined where the source does not list them. */
  clips: ClipsMark | undefined;
  /** The weights that the run started from; undefined where they were freshly initialized. */
  origin: WeightsOrigin | undefined;
}

/**
 * Policy of batch number `index`: the configured gaps, as taps of `sampling` change them. A
 * function of `index` alone.
 */
export function samplingPolicyAt(index: number, config: TrainConfig, hooks: TrainerHooks): SamplingPolicy {
  const [minGap, maxGap] = config.data.gaps;
  const step = Math.floor(index / config.optim.microSteps);
  return hooks.sampling.call({minGap, maxGap}, progressAt(step, config.steps));
}
