/**
 * Hooks of the trainer. docs/hooks.md shows where each one fires; DESIGN of kinds: traced or host.
 */
import type {AsyncSeriesBailHook, AsyncSeriesHook, Hook, SyncWaterfallHook} from 'tapable';
import type * as tf from '@tensorflow/tfjs-core';
import type {TrainConfig} from './config.js';
import type {SamplingPolicy} from './data.js';
import type {FileTensors, WeightsInfo} from './initialWeights.js';
import type {FlowInfo, LossWeight, ModelCost, ModelOptions, ParameterSpec} from './model.js';
import type {NamedTensors} from './program.js';
import type {LogKey} from './registries.js';

/** How far the run is. */
export interface Progress {
  /** Optimizer step, from 0. */
  step: number;
  /** Optimizer steps in the whole run. */
  steps: number;
  /** step / steps, in [0,1]. */
  fraction: number;
}

/** A parameter as a traced tap sees it. */
export interface TracedParameter {
  /** Value at the start of the step, in program layout. Not to be disposed. */
  readonly value: tf.Tensor;
  readonly spec: ParameterSpec;
}

/**
 * What a traced tap may use besides tensors. Traced taps run while a step is captured, not at every
 * step: a value that changes from step to step is declared here, not read.
 */
export interface Trace {
  /**
   * [B] half the distance of the inputs, in frames; may end in .5 where `data.timestep` is `any`.
   */
  readonly gap: tf.Tensor1D;
  /** [B] position of gt in (0,1). */
  readonly timestep: tf.Tensor1D;
  /** False while `predict` is traced, where nothing that is logged is read, and no gt exists. */
  readonly training: boolean;
  /**
   * Declares a float32 scalar that the host evaluates at each step.
   * @param name unique, `<plugin>.<what>`; asking again with the same function returns the same
   * scalar.
   */
  scalar(name: string, value: (progress: Progress) => number): tf.Scalar;
  /**
   * A parameter of the model, by the name that its gradient has in `gradients`. Its value is that
   * of before the update; in a prediction, the average where the run keeps one. In `flow` and
   * `afterLoss` it is the tensor that the loss is differentiated by: a term that is computed from
   * it has a gradient.
   * @throws RIFE_ERR_TRACE_PARAMETER when there is none of that name
   */
  parameter(name: string): TracedParameter;
  /** Sends a scalar of the graph to the step's metrics under `<plugin>/<what>`. */
  log(key: LogKey, value: tf.Scalar): void;
}

/** Value of `afterLoss`: the total is mean over samples of the sum of weight * term. */
export interface LossState {
  /** Loss terms before weighting, one value per sample [B]. A tap may add its own. */
  terms: Record<string, tf.Tensor1D>;
  /** A term without a weight is an error. */
  weights: Record<string, LossWeight>;
}

/** Host side of one step, before the batch is fed. */
export interface StepContext {
  progress: Progress;
  learningRate: number;
  /** Names of the samples; a micro-stepped batch names all of them. */
  samples: readonly string[];
  policy: SamplingPolicy;
  /** Variant of the training pass that was drawn; absent where the model has none. */
  variant?: string;
  /** Numbers of its batches: the first, and the one after the last. */
  batches: readonly [from: number, to: number];
}

/** Result of one step, on the host. */
export interface StepMetrics extends StepContext {
  /** Weighted total, mean over the batch. */
  loss: number;
  /** Mean of each unweighted loss term over the batch. */
  terms: Record<string, number>;
  /** L2 norm of all gradients as one vector, before plugins. */
  gradNorm: number;
  /** Largest |flow component| in pixels. */
  maxFlow: number;
  /**
   * Values sent by `trace.log`. Taps of `afterStep` may add some of their own; `metrics.jsonl` gets
   * them too.
   */
  logs: Record<string, number>;
  /**
   * Per sample: gap in frames (as in `Trace.gap`), position of gt, weighted loss, and PSNR of the
   * refined frame in dB if the model reports its error.
   */
  perSample: {gap: number; timestep: number; loss: number; psnr?: number}[];
  /**
   * Did the update happen? False when the step was not finite, or a tap of `beforeUpdate` refused
   * it.
   */
  updated: boolean;
  /** What was decided about a step without update. */
  verdict?: 'skip' | 'rollback' | 'stop';
  stepMs: number;
  /** Part of stepMs spent waiting for data. */
  dataMs: number;
}

/** Given to `onNaN`. */
export interface NonFiniteEvent extends StepMetrics {
  /** Non-finite steps in a row, this one included. */
  consecutive: number;
  /** Loss terms whose mean is not finite. */
  nonFiniteTerms: string[];
  /**
   * Are weights or moments themselves not finite? Then no step can be finite any more, and skipping
   * helps nothing.
   */
  weightsBroken: boolean;
  /**
   * Where the number comes from, in one sentence; of the first step in a row, if it was examined.
   */
  finding?: string;
  /** Folder of the step's flight record, if one was written. */
  record?: string;
}

/**
 * Everything that a run is at one step, in memory: weights, moments, position, state of plugins.
 * Made by `trainer.takeSnapshot()`.
 */
export interface RunSnapshot {
  readonly step: number;
  /** Number of the next batch. */
  readonly dataIndex: number;
  /** Memory that it holds. */
  readonly bytes: number;
  /** Are all its numbers finite? One that is not is nothing to go back to. */
  readonly isFinite: boolean;
}

/** Back to a snapshot. Batches are fed from its place on, but for those that are to be avoided. */
export interface RollbackTo {
  rollback: RunSnapshot;
  /** Batches that this run shall never be fed (again), the last number exclusive. @default none */
  avoid?: readonly [from: number, to: number];
  /** For the log. */
  reason?: string;
}

/**
 * `skip`: no update, go on. `rollback`: restore the last checkpoint and continue after this batch;
 * or back to a snapshot. `stop`: end with an error; `{stop: reason}` says why.
 */
export type Verdict = 'skip' | 'rollback' | 'stop' | RollbackTo | {stop: string};

/** What `save` may add to and `load` may read from a checkpoint: JSON values by plugin name. */
export interface CheckpointContext {
  step: number;
  directory: string;
  /** State of plugins, kept under the plugin's name. */
  plugins: Record<string, unknown>;
  /**
   * Snapshots that a plugin holds, under its name, so that a resumed run holds them again; each
   * makes the checkpoint larger by weights and moments. Absent where nothing goes to disk or comes
   * from it: in a snapshot itself, and in a flight record.
   */
  snapshots?: Record<string, RunSnapshot[]>;
  /**
   * Of `load` in a rollback: batches from the place of that moment on are drawn anew. @default
   * false: the data goes on where it is
   */
  rewindsData?: boolean;
}

export interface RunSummary {
  step: number;
  steps: number;
  reason: 'finished' | 'interrupted';
  checkpoint: string | undefined;
}

/** Given to `validate`. */
export interface Validation extends Progress {
  /**
   * Taps add theirs; they go to the log and to metrics.jsonl. The one that `validate.best` names
   * (`psnr`, in dB) decides which checkpoint is the best.
   */
  scores: Record<string, number>;
  /**
   * Scores that the mean of the two inputs has, by name of the score: what a network must beat.
   * Taps may add theirs.
   */
  baselines: Record<string, number>;
  /** Names of scores of which lower is better; taps add theirs. */
  lowerIsBetter: string[];
  /** The best before this one, by the score that `validate.best` names. */
  best?: {step: number; name: string; score: number};
}

/** What taps of `model` may ask. */
export interface ModelTools {
  /**
   * What a network of these options costs. Undefined where that is not known: the model does not
   * tell, the options are no network's, or no run is being set up.
   */
  costOf(options: ModelOptions): ModelCost | undefined;
}

export interface TrainerHooks {
  /** Host, once. The configuration, before anything is built from it. */
  config: SyncWaterfallHook<[TrainConfig]>;
  /** Host, once, before variables exist. Model options. */
  model: SyncWaterfallHook<[ModelOptions, ModelTools]>;
  /**
   * Host, once in a run that starts from `init`. The tensors of the file, before they are matched
   * with the model's.
   */
  weights: SyncWaterfallHook<[FileTensors, WeightsInfo]>;
  /**
   * Host, whenever the sampler refills. Must depend on its arguments alone, or a resumed run
   * differs.
   */
  sampling: SyncWaterfallHook<[SamplingPolicy, Progress]>;
  /** Host, each step, before the batch is fed. */
  beforeStep: AsyncSeriesHook<[StepContext]>;
  /** Traced. Each block's own flow output [B,H,W,4], before it is added up. */
  flow: SyncWaterfallHook<[tf.Tensor4D, FlowInfo, Trace]>;
  /** Traced. Loss terms per sample and their weights. */
  afterLoss: SyncWaterfallHook<[LossState, Trace]>;
  /** Traced. Named gradients, after all-reduce and the finite guard, before the optimizer. */
  gradients: SyncWaterfallHook<[NamedTensors, Trace]>;
  /**
   * Traced. The new value of each parameter, after AdamW and before it is written; in program
   * layout.
   */
  parameters: SyncWaterfallHook<[NamedTensors, Trace]>;
  /**
   * Traced, after `parameters`. The average of each parameter before this update, and the new
   * values of the parameters; the tap returns the new averages. A tap here makes the run keep
   * averages: they start equal to the parameters, predict, and are the weights of checkpoints.
   */
  averages: SyncWaterfallHook<[NamedTensors, NamedTensors, Trace]>;
  /**
   * Host. A finite step before its update; the first verdict wins, without one the update happens.
   */
  beforeUpdate: AsyncSeriesBailHook<[StepMetrics], Verdict | undefined>;
  /**
   * Host. A non-finite loss or gradient; the first verdict wins, without one the step is skipped.
   */
  onNaN: AsyncSeriesBailHook<[NonFiniteEvent], Verdict | undefined>;
  /** Host, after each step, skipped ones too. */
  afterStep: AsyncSeriesHook<[StepMetrics]>;
  /** Host, every `validateEvery` steps. */
  validate: AsyncSeriesHook<[Validation]>;
  /** Host, while a checkpoint is written; and after one was read. */
  save: AsyncSeriesHook<[CheckpointContext]>;
  load: AsyncSeriesHook<[CheckpointContext]>;
  /** Host, once at the end of a run that ended well or by request; and of one that failed. */
  done: AsyncSeriesHook<[RunSummary]>;
  fail: AsyncSeriesHook<[unknown]>;
}

/** Hook names whose taps work on tensors. */
export const TRACED_HOOKS = [
  'flow',
  'afterLoss',
  'gradients',
  'parameters',
  'averages',
] as const satisfies readonly (keyof TrainerHooks)[];

/** A hook without its call methods: only the trainer fires hooks. */
export type TapOnly<H> =
  H extends Hook<infer _T, infer _R, infer _A>
    ? Omit<H, 'call' | 'callAsync' | 'promise' | 'intercept'>
    : never;

export type PluginHooks = {readonly [K in keyof TrainerHooks]: TapOnly<TrainerHooks[K]>};
