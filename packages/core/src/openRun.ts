/** Builds a run from its parts: plugins, configuration, model, checkpoint, data, program. */
import {checkpointsExist, isRifeError, timestepUnknown} from '@rife-train/errors';
import {randomUUID} from 'node:crypto';
import path from 'node:path';
import {checkSameModel, initialize} from './checkpoint/snapshot.js';
import {configChanges, summarizeConfig} from './checkpoint/state.js';
import {CheckpointStore, type LoadedCheckpoint} from './checkpoint/store.js';
import {checkConfig, resolveConfig} from './config.js';
import {checkCrop} from './checkCrop.js';
import type {
  BatchSource,
  DataConfig,
  Engine,
  InitialWeights,
  Model,
  ModelOptions,
  ModelTools,
  PolicyAt,
  Program,
  ReadInitial,
  TrainConfig,
  TrainerHooks,
} from './contract/index.js';
import type {TapSession} from './driver.js';
import {adapterOf} from './fileTensors.js';
import {originOf, readInitialWeights, tellOfUnreadInit} from './initialWeights.js';
import {FlightRecorder} from './flight/recorder.js';
import type {Logger} from './logger.js';
import type {PluginRegistry} from './plugins.js';
import {Run, samplingPolicyAt} from './run.js';
import {variablesOf} from './tensors.js';
import {gradientsEntry, type BatchShape} from './traced/gradients.js';
import {predictEntry} from './traced/predict.js';
import {ScalarTable} from './traced/scalars.js';
import type {TracedContext} from './traced/trace.js';
import {updateEntry} from './traced/update.js';

/** What the trainer asks of a source of batches. */
export interface BatchRequest {
  data: DataConfig;
  seed: number;
  /** Policy of each batch, by number. */
  policyAt: PolicyAt;
  /** Number of the first batch that will be asked for. */
  startIndex: number;
  /** Crop sides must be multiples of `cropMultiple` and at least `minCrop`. */
  model: Pick<Model, 'cropMultiple' | 'minCrop'>;
}

/** What a trainer is made of; the CLI puts engine, model and data together. */
export interface TrainerParts {
  engine: Engine;
  createModel(options: ModelOptions): Model;
  openBatches(request: BatchRequest): Promise<BatchSource>;
  /** Reads what `init` names; without it, `init` is refused. */
  readInitial?: ReadInitial | undefined;
}

/** What {@link openRun} needs of the trainer. */
export interface OpenRequest extends TrainerParts {
  config: TrainConfig;
  hooks: TrainerHooks;
  session: TapSession;
  plugins: PluginRegistry;
  logger: Logger;
  resume: boolean;
}

/** A run, and the context that its entries were traced with. */
export interface OpenedRun {
  run: Run;
  traced: TracedContext;
  /** Shape of the entry `predict` that is defined now, if one is. */
  predictShape: BatchShape | undefined;
}

/** Each part that was opened is handed to `opened`, so that a failure further down closes it. */
export async function openRun(
  request: OpenRequest,
  opened: {close(): Promise<void> | void}[],
): Promise<OpenedRun> {
  const {hooks, logger, session, engine} = request;
  const plugins = request.plugins.apply();
  const config = checkConfig(hooks.config.call(request.config));
  request.plugins.config = config;
  const model = request.createModel(hooks.model.call(config.model, modelTools(request)));
  checkTimestep(config.data, model, logger);
  checkCrop(config.data, model);
  const store = new CheckpointStore(config.out, config.keep);
  const checkpoint = await findCheckpoint(store, model, request);
  const initial = checkpoint
    ? undefined
    : await readInitialWeights(config.init, model, request.readInitial, {
        logger,
        adapt: adapterOf(hooks, model),
      });
  const source = await openSource(config, model, request, checkpoint?.state.dataIndex ?? 0);
  opened.push(source);
  const program = engine.createProgram(variablesOf(model));
  opened.push({close: () => program.dispose()});
  const scalars = new ScalarTable();
  const {microSteps, betas} = config.optim;
  const traced: TracedContext = {model, hooks, session, scalars, microSteps, betas};
  const predictShape = compile(program, source, traced, request, config.previewEvery > 0);

  const run = new Run({config, hooks, plugins, model, program, source, scalars, store, logger});
  const [height, width] = source.crop;
  run.recorder = new FlightRecorder(run, {
    engine,
    traced,
    shape: {batch: source.batchSize, height, width},
    configured: request.config.model,
  });
  await (checkpoint ? resume(run, checkpoint) : begin(run, initial));
  await logger.open(config.out, run.position.step, checkpoint?.state.metrics?.bytes);
  opened.push({close: () => logger.close()});
  return {run, traced, predictShape};
}

/** Options that are no network's have no cost here; the trainer says what is wrong with them when it builds from them. */
const modelTools = ({createModel}: TrainerParts): ModelTools => ({
  costOf(options) {
    try {
      return createModel(options).cost;
    } catch (error) {
      if (isRifeError(error)) return undefined;
      throw error;
    }
  },
});

/** @throws RIFE_ERR_CONFIG_TIMESTEP for triplets that the network can't tell from those of the middle */
function checkTimestep({timestep}: DataConfig, {name, anyTimestep}: Model, logger: Logger): void {
  if (timestep === 'any' && !anyTimestep) throw timestepUnknown(name);
  if (timestep === 'middle' && anyTimestep)
    logger.warn(
      `${name} will know the middle alone: data.timestep is "middle"; "any" trains it for every timestep`,
    );
}

/**
 * The checkpoint to go on from, if any. Looks before anything is written.
 * @throws RIFE_ERR_CHECKPOINT_EXISTS, RIFE_ERR_CHECKPOINT_BROKEN, RIFE_ERR_CHECKPOINT_MODEL
 */
async function findCheckpoint(store: CheckpointStore, model: Model, {resume: wanted, logger}: OpenRequest) {
  const [newest] = await store.list();
  if (!wanted && newest !== undefined) throw checkpointsExist(path.dirname(store.folder), newest);
  await store.sweep();
  if (!wanted) return undefined;
  const checkpoint = await store.load();
  if (!checkpoint) logger.warn(`no checkpoint in ${store.folder} yet: starting from step 0`);
  else checkSameModel(model, checkpoint);
  for (const problem of checkpoint?.skipped ?? []) logger.warn(`checkpoint passed over: ${problem}`);
  return checkpoint;
}

async function openSource(
  config: TrainConfig,
  model: Model,
  {openBatches, hooks}: OpenRequest,
  startIndex: number,
) {
  const {cropMultiple, minCrop} = model;
  const policyAt: PolicyAt = index => samplingPolicyAt(index, config, hooks);
  const source = await openBatches({
    data: config.data,
    seed: config.seed,
    policyAt,
    startIndex,
    model: {cropMultiple, minCrop},
  });
  if (startIndex > 0) await source.seek(startIndex);
  return source;
}

/** Defines and compiles the entries. With previews, prediction of one crop too: defined later it would compile all anew. */
function compile(
  program: Program,
  source: BatchSource,
  traced: TracedContext,
  {engine, logger}: OpenRequest,
  withPredict: boolean,
): BatchShape | undefined {
  const [height, width] = source.crop;
  const predictShape = withPredict ? {batch: 1, height, width} : undefined;
  program.define('gradients', gradientsEntry(traced, {batch: source.batchSize, height, width}));
  program.define('update', updateEntry(traced, source.batchSize * traced.microSteps));
  if (predictShape) program.define('predict', predictEntry(traced, predictShape));
  const {nodes, traceMs, loadMs} = program.compile();
  const cost =
    nodes > 0 ? `, ${nodes} nodes, traced in ${seconds(traceMs)}, loaded in ${seconds(loadMs)}` : '';
  logger.info(`${engine.description}${cost}`);
  return predictShape;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** A checkpoint of step 0 comes first: from then on there is always one to resume from and to roll back to. */
async function begin(run: Run, initial: InitialWeights | undefined): Promise<void> {
  const {model, program, config, store} = run.parts;
  await initialize(model, program, config.seed, initial?.values);
  await store.nameRun(randomUUID());
  run.origin = initial && originOf(config.init, initial);
  await run.save();
}

async function resume(run: Run, checkpoint: LoadedCheckpoint): Promise<void> {
  const {config, plugins, logger} = run.parts;
  await run.resume(checkpoint);
  logger.info(`resumed from ${checkpoint.folder}`);
  tellOfUnreadInit(config.init, run.origin, logger);
  const changes = configChanges(
    checkpoint.state.config,
    summarizeConfig(config, plugins, run.origin),
    summarizeConfig(resolveConfig({data: {root: config.data.root}, steps: config.steps}), []),
  );
  for (const change of changes) logger.warn(`the configuration differs from the checkpoint's: ${change}`);
}
