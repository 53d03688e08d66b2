/** What the training step works on, and the moves that it can make: progress, save, roll back. */
import type {
  Batch,
  BatchSource,
  Model,
  Program,
  Progress,
  RifePlugin,
  SamplingPolicy,
  TrainConfig,
  TrainerHooks,
} from './contract/index.js';
import {checkSameModel, restore, snapshot} from './checkpoint/snapshot.js';
import {STATE_VERSION, summarizeConfig, type RunPosition} from './checkpoint/state.js';
import type {CheckpointStore, LoadedCheckpoint} from './checkpoint/store.js';
import type {WeightsOrigin} from './initialWeights.js';
import type {Logger} from './logger.js';
import {predictionPlugins} from './plugins.js';
import type {ScalarTable} from './traced/scalars.js';

/** The parts of a run; built by openRun.ts. */
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

export class Run {
  position: RunPosition = {step: 0, updates: 0, dataIndex: 0};
  /** Non-finite steps in a row. */
  nonFiniteInARow = 0;
  /** Rollbacks to the newest checkpoint since it was written. */
  rollbacks = 0;
  /** Weights that the run began with, when they were not fresh. */
  origin: WeightsOrigin | undefined;
  /** Newest checkpoint, and the step that it was written at. */
  lastSaved: {step: number; folder: string} | undefined;

  constructor(readonly parts: RunParts) {}

  get progress(): Progress {
    return progressAt(this.position.step, this.parts.config.steps);
  }

  /** The next batch in order; counts it. */
  async nextBatch(): Promise<Batch> {
    const batch = await this.parts.source.next();
    this.position.dataIndex += 1;
    return batch;
  }

  /** Writes a checkpoint of the current position, unless the newest is of this very step. */
  async save(): Promise<void> {
    const {config, hooks, model, program, store, logger, plugins} = this.parts;
    const {step} = this.position;
    if (this.lastSaved?.step === step) return;
    const context = {step, directory: store.folder, plugins: {}};
    await hooks.save.promise(context);
    const tensors = snapshot({model, program, step});
    const state = {
      version: STATE_VERSION,
      ...this.position,
      model: {name: model.name, options: model.options},
      config: summarizeConfig(config, plugins, this.origin),
      predictionPlugins: predictionPlugins(plugins, hooks),
      plugins: context.plugins,
      rng: {seed: config.seed},
    };
    this.lastSaved = {step, folder: await store.save({state, ...tensors})};
    this.rollbacks = 0;
    if (step > 0) logger.info(`saved ${this.lastSaved.folder}`);
  }

  /** Takes over a checkpoint: tensors, position and the plugins' state. */
  async resume(checkpoint: LoadedCheckpoint): Promise<void> {
    const {model, program, hooks} = this.parts;
    const {step, updates, dataIndex, plugins, config} = checkpoint.state;
    await restore(model, program, checkpoint);
    this.position = {step, updates, dataIndex};
    this.origin = config.init;
    this.lastSaved = {step, folder: checkpoint.folder};
    await hooks.load.promise({step, directory: checkpoint.folder, plugins});
  }

  /** Returns to the newest checkpoint; the data goes on behind the batch that failed, so that it is not met again. */
  async rollBack(): Promise<void> {
    const {store, model, logger} = this.parts;
    const {dataIndex, step} = this.position;
    const checkpoint = await store.load();
    if (!checkpoint) throw new Error('invariant: a checkpoint is written before the first step');
    for (const problem of checkpoint.skipped) logger.warn(`checkpoint passed over: ${problem}`);
    checkSameModel(model, checkpoint);
    await this.resume(checkpoint);
    this.position.dataIndex = dataIndex;
    this.rollbacks += 1;
    logger.warn(`rolled back from step ${step} to ${checkpoint.folder}`);
  }
}
