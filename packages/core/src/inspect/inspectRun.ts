/**
 * What a configuration amounts to, without training: network, plugins, graph, memory. Nothing is
 * written, and no clip is read.
 */
import {timestepUnknown} from '@rife-train/errors';
import type {
  CompileReport,
  Engine,
  Model,
  ReadInitial,
  SamplingPolicy,
  TrainConfig,
  UserConfig,
} from '../contract/index.js';
import {adapterOf} from '../weights/fileTensors.js';
import {microStepsFor} from '../config/globalBatch.js';
import {readInitialWeights} from '../weights/initialWeights.js';
import {Logger} from '../log/logger.js';
import {samplingPolicyAt} from '../run/runParts.js';
import {averagesOf} from '../weights/averages.js';
import {weightsOf} from '../weights/tensors.js';
import {buildGraph, type BuiltGraph, type GraphParts} from './graph.js';
import {timeSteps} from './measure.js';
import {tapsOf, type TapsReport} from './taps.js';

/** Parts that the inspection uses. */
export interface RunReportParts extends GraphParts {
  /**
   * Captures as for a GPU, with TensorFlow's own ops alone.
   * @default the bytes of a GPU's step are not reported
   */
  plainEngine?: Engine;
  /** Reads what `init` names. @default `init` is refused */
  readInitial?: ReadInitial;
  /** Steps that are run and timed, on made-up frames. @default 0 */
  measure?: number;
}

/** Bytes on one device. */
export interface RunBytes {
  /** Weights, buffers, and averages of the weights where a plugin keeps them. */
  weights: number;
  /** Both moments of AdamW. */
  moments: number;
  gradients: number;
  /** Frozen tensors, which no checkpoint holds; absent where the losses have none. */
  frozen?: number;
  /**
   * Tensors of one micro-step that are alive at once, at most: their shapes, each from where it is
   * made to where it is last used. Of the step as it is captured here; absent where there is no
   * graph.
   */
  step?: number;
  /** The same of a step as it is captured for a GPU. */
  gpuStep?: number;
}

/** All of it. */
export interface RunReport {
  /** As the taps of `config` left it; `optim.microSteps` is the one in force. */
  config: TrainConfig;
  /** Of the engine: `TensorFlow 2.21.0 (captured), cpu`. */
  engine: string;
  model: Model;
  taps: TapsReport;
  /**
   * Of the whole graph, entries `gradients`, `update` and `predict`, at the crop and batch of the
   * configuration.
   */
  graph: CompileReport;
  bytes: RunBytes;
  /** Median milliseconds of the steps that were timed, on one device; absent where none was. */
  stepMs?: number;
  /** What `init` gave, in words. */
  init?: string;
  /** The policy of a step, as the taps of `sampling` make it before the run. */
  policyAt(step: number): SamplingPolicy;
}

const bytesOf = (specs: readonly {shape: readonly number[]}[]) =>
  specs.reduce((sum, {shape}) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);

const mostOf = (bytes: Record<string, number>) => Math.max(...Object.values(bytes));

function variableBytes(model: Model): RunBytes {
  const parameters = bytesOf(model.parameters);
  return {
    weights: bytesOf([...weightsOf(model), ...averagesOf(model)]),
    moments: 2 * parameters,
    gradients: parameters,
    ...(model.frozen && {frozen: bytesOf(model.frozen.specs)}),
  };
}

/**
 * The step is captured again as for a GPU: that graph has other ops, and more tensors alive at
 * once.
 */
function gpuStepOf({plainEngine, networks}: RunReportParts, config: UserConfig) {
  if (!plainEngine) return {};
  const {program, report} = buildGraph({engine: plainEngine, networks}, config);
  program.dispose();
  return report.entryBytes ? {gpuStep: mostOf(report.entryBytes)} : {};
}

async function measured(built: BuiltGraph, steps = 0): Promise<number | undefined> {
  if (steps > 0) return timeSteps(built, steps);
  // Read for its errors: without steps nobody needs the values.
  await built.model.frozen?.read();
  return undefined;
}

/**
 * Builds what a run of this configuration would: applies its plugins, makes the network, reads
 * `init`, captures the step at the configured crop and batch (that runs no op, and takes the memory
 * of none).
 * @throws RIFE_ERR_CONFIG_VALUE, RIFE_ERR_CONFIG_TIMESTEP, RIFE_ERR_DATA_CROP, RIFE_ERR_PLUGIN_*,
 *   RIFE_ERR_INIT_*, and what engine and model throw
 */
export async function inspectRun(parts: RunReportParts, user: UserConfig): Promise<RunReport> {
  const built = buildGraph(parts, user);
  const {set, model, program, report} = built;
  const stepMs = await measured(built, parts.measure).finally(() => program.dispose());
  const config = {...set.config, optim: {...set.config.optim, microSteps: microStepsFor(set.config)}};
  if (config.data.timestep === 'any' && !model.anyTimestep) throw timestepUnknown(model.name);
  const initial = await readInitialWeights(config, model, parts.readInitial, {
    logger: new Logger({line: () => {}}),
    adapt: adapterOf(set.hooks, model),
  });
  return {
    config,
    engine: parts.engine.description,
    model,
    taps: tapsOf(set),
    graph: report,
    bytes: {
      ...variableBytes(model),
      ...(report.entryBytes && {step: mostOf(report.entryBytes)}),
      ...gpuStepOf(parts, user),
    },
    ...(stepMs !== undefined && {stepMs}),
    ...(initial && {init: initial.report}),
    policyAt: step => samplingPolicyAt(step * config.optim.microSteps, config, set.hooks),
  };
}
