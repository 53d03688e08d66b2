/** Opens a run: plugins, configuration, model, checkpoint, data, engine, program, in this order. */
import {checkpointsExist, configValue, isRifeError, timestepUnknown} from '@rife-train/errors';
import path from 'node:path';
import {markOf} from '../checkpoint/clipList.js';
import {checkSameModel} from '../checkpoint/snapshot.js';
import {CheckpointStore, type LoadedCheckpoint} from '../checkpoint/store.js';
import {resolveConfig} from '../config/config.js';
import {checkCrop} from '../config/checkCrop.js';
import {configNotes} from '../config/configNotes.js';
import type {
  BatchSource,
  DataConfig,
  Engine,
  Model,
  ModelTools,
  Network,
  PolicyAt,
  Program,
  ReadInitial,
  ReplicaGroup,
  TrainConfig,
  TrainerHooks,
} from '../contract/index.js';
import type {TapSession} from '../plugins/driver.js';
import {adapterOf} from '../weights/fileTensors.js';
import {continueSchedule} from './resumedRate.js';
import {microStepsFor} from '../config/globalBatch.js';
import {originOf, readInitialWeights} from '../weights/initialWeights.js';
import {FlightRecorder} from '../flight/recorder.js';
import type {Logger} from '../log/logger.js';
import type {Networks} from '../networks/networks.js';
import type {PluginRegistry} from '../plugins/registry.js';
import {Replicas} from './replicas.js';
import {Run} from './run.js';
import {samplingPolicyAt, type RunParts} from './runParts.js';
import {begin, resume} from './start.js';
import {
  firstSharding,
  reshard,
  shardingOf,
  translate,
  type DataOrigin,
  type Sharding,
} from '../checkpoint/sharding.js';
import {keepsAverages, withAverages} from '../weights/averages.js';
import {variablesOf} from '../weights/tensors.js';
import {defineGradients, type BatchShape} from '../traced/gradients.js';
import {predictEntry} from '../traced/predict.js';
import {ScalarTable} from '../traced/scalars.js';
import type {TracedContext} from '../traced/trace.js';
import {updateEntry} from '../traced/update.js';

/** The batches that a run needs. */
export interface BatchRequest {
  data: DataConfig;
  seed: number;
  /** Policy of each batch, by number. */
  policyAt: PolicyAt;
  /** Number of the first batch that will be asked for. */
  startIndex: number;
  /** The part of each batch that this replica trains on: `rank` of `count`. */
  shard: {rank: number; count: number};
  /** A batch of the whole run, and the number of its first sample; later batches follow. */
  origin: DataOrigin;
  /** Crop sides must be multiples of `cropMultiple` and at least `minCrop`. */
  model: Pick<Model, 'cropMultiple' | 'minCrop'>;
}

/** The parts of a trainer. The command line provides engine, model and data. */
export interface TrainerParts {
  /**
   * Opens the engine, once the data is open: nobody waits for TensorFlow, let alone for its
   * installation, to learn that a clip is too short.
   */
  openEngine(config: TrainConfig): Promise<Engine>;
  networks: readonly Network[];
  openBatches(request: BatchRequest): Promise<BatchSource>;
  /** Reads what `init` names; without it, `init` is refused. */
  readInitial?: ReadInitial | undefined;
  /** The other replicas of this run, where there are some. @default it trains alone */
  replicas?: ReplicaGroup | undefined;
}

/** What {@link openRun} needs of the trainer. */
export interface OpenRequest extends Omit<TrainerParts, 'replicas' | 'networks'> {
  networks: Networks;
  replicas: Replicas;
  config: TrainConfig;
  hooks: TrainerHooks;
  session: TapSession;
  plugins: PluginRegistry;
  logger: Logger;
  resume: boolean;
  /** Steps after the checkpoint get a learning rate schedule of their own. */
  extend: boolean;
}

/** A run, the engine of its program, and the context that its entries were traced with. */
export interface OpenedRun {
  run: Run;
  engine: Engine;
  traced: TracedContext;
  /** Shape of the entry `predict`, where one is defined. */
  predictShape: BatchShape | undefined;
}

/**
 * Opens a run.
 * @param opened receives each part that is opened, so that the caller closes it also where a later
 *   part fails
 */
export async function openRun(
  request: OpenRequest,
  opened: {close(): Promise<void> | void}[],
): Promise<OpenedRun> {
  const {hooks, logger, session, replicas} = request;
  const plugins = request.plugins.apply();
  const wanted = withMicroSteps(resolveConfig(hooks.config.call(request.config)), request.replicas);
  request.plugins.config = wanted;
  const network = request.networks.create(hooks.model.call(wanted.model, modelTools(request)));
  const model = withAverages(network, keepsAverages(hooks));
  checkTimestep(wanted.data, model);
  checkCrop(wanted.data, model);
  const store = new CheckpointStore(wanted.out, wanted.keep);
  const checkpoint = await findCheckpoint(store, model, request);
  const {config, schedule} = continueSchedule(wanted, checkpoint, request.extend);
  request.plugins.config = config;
  for (const note of configNotes(config, model)) logger.warn(note);
  const initial = checkpoint
    ? undefined
    : await readInitialWeights(config, model, request.readInitial, {
        logger,
        adapt: adapterOf(hooks, model),
      });
  // Early: nobody should wait for clips and engine to learn that a file is missing.
  const frozen = await model.frozen?.read();
  const sharding = shardingOn(config, replicas, checkpoint);
  const source = await openSource(config, model, request, {checkpoint, sharding});
  opened.push(source);
  if (source.description !== undefined) logger.info(`data: ${source.description}`);
  const engine = await request.openEngine(config);
  const program = engine.createProgram(variablesOf(model));
  opened.push({close: () => program.dispose()});
  const scalars = new ScalarTable();
  const {seed, optim} = config;
  const {microSteps, betas} = optim;
  const traced: TracedContext = {model, hooks, session, scalars, seed, microSteps, betas};
  const withPreviews = config.previewEvery > 0 && replicas.isFirst;
  const predictShape = compile(program, source, traced, {...request, engine}, withPreviews);
  if (frozen) await program.writeVariables(frozen);
  const parts: RunParts = {
    ...{config, hooks, plugins, model, program, source, scalars, store, logger, replicas, sharding, schedule},
    clips: source.clips && markOf(source.clips),
    origin: checkpoint ? checkpoint.state.config.init : initial && originOf(config.init, initial),
  };
  const [height, width] = source.crop;
  const recorder = new FlightRecorder(parts, {
    engine,
    traced,
    shape: {batch: source.batchSize, height, width},
    configured: request.config.model,
  });
  const run = new Run(parts, recorder);
  opened.push({close: () => logger.close()});
  await (checkpoint ? resume(run, checkpoint) : begin(run, initial));
  return {run, engine, traced, predictShape};
}

/**
 * Options of no network have no cost here; the trainer reports what is wrong with them when it
 * creates the model.
 */
const modelTools = ({networks}: Pick<OpenRequest, 'networks'>): ModelTools => ({
  costOf(options) {
    try {
      return networks.create(options).cost;
    } catch (error) {
      if (isRifeError(error)) return undefined;
      throw error;
    }
  },
});

/**
 * @throws RIFE_ERR_CONFIG_TIMESTEP for triplets at other times than the middle, for a network that
 *   has no input for the time
 */
function checkTimestep({timestep}: DataConfig, {name, anyTimestep}: Model): void {
  if (timestep === 'any' && !anyTimestep) throw timestepUnknown(name);
}

/**
 * The checkpoint to resume from, if any. Reads before anything is written.
 * @throws RIFE_ERR_CHECKPOINT_EXISTS, RIFE_ERR_CHECKPOINT_BROKEN, RIFE_ERR_CHECKPOINT_MODEL
 */
async function findCheckpoint(store: CheckpointStore, model: Model, request: OpenRequest) {
  let checkpoint: LoadedCheckpoint | undefined;
  const step = await request.replicas.byFirst(async () => {
    checkpoint = await lookForCheckpoint(store, request);
    return checkpoint?.state.step;
  });
  if (!request.replicas.isFirst && step !== undefined) checkpoint = await store.load(step);
  if (checkpoint) checkSameModel(model, checkpoint);
  for (const problem of checkpoint?.skipped ?? []) request.logger.warn(`checkpoint passed over: ${problem}`);
  return checkpoint;
}

async function lookForCheckpoint(store: CheckpointStore, {resume: wanted, logger}: OpenRequest) {
  const [newest] = await store.list();
  if (!wanted && newest !== undefined) throw checkpointsExist(path.dirname(store.folder), newest);
  await store.sweep();
  if (!wanted) return undefined;
  const checkpoint = await store.load();
  if (!checkpoint) logger.warn(`no checkpoint in ${store.folder} yet: starting from step 0`);
  return checkpoint;
}

/**
 * @throws RIFE_ERR_CONFIG_VALUE for devices that are not there, and a global batch that can't be
 *   divided among them
 */
function withMicroSteps(config: TrainConfig, {count}: Replicas): TrainConfig {
  if (config.devices !== count)
    throw configValue('devices', config.devices, `${count}: the trainer was given as many replicas`);
  return {...config, optim: {...config.optim, microSteps: microStepsFor(config)}};
}

/** A run that is resumed with other replicas or batches continues the numbers of its samples. */
function shardingOn(config: TrainConfig, {count}: Replicas, checkpoint: LoadedCheckpoint | undefined) {
  const now = firstSharding(config, count);
  return checkpoint ? reshard(shardingOf(checkpoint.state), now, checkpoint.state.dataIndex) : now;
}

async function openSource(
  config: TrainConfig,
  model: Model,
  {openBatches, hooks, replicas: {rank, count}}: OpenRequest,
  {checkpoint, sharding}: {checkpoint: LoadedCheckpoint | undefined; sharding: Sharding},
) {
  const {state} = checkpoint ?? {};
  const startIndex = state ? translate(state, shardingOf(state), sharding).dataIndex : 0;
  const {cropMultiple, minCrop} = model;
  const policyAt: PolicyAt = index => samplingPolicyAt(index, config, hooks);
  const source = await openBatches({
    data: config.data,
    seed: config.seed,
    policyAt,
    startIndex,
    shard: {rank, count},
    origin: sharding.origin,
    model: {cropMultiple, minCrop},
  });
  if (startIndex > 0) await source.seek(startIndex);
  return source;
}

/**
 * Defines and compiles the entries. With previews also prediction of one crop: defined later, it
 * would compile the whole program again.
 */
function compile(
  program: Program,
  source: BatchSource,
  traced: TracedContext,
  {engine, logger, replicas}: Pick<OpenedRun, 'engine'> & OpenRequest,
  withPredict: boolean,
): BatchShape | undefined {
  const [height, width] = source.crop;
  const predictShape = withPredict ? {batch: 1, height, width} : undefined;
  defineGradients(program, traced, {batch: source.batchSize, height, width});
  program.define('update', updateEntry(traced, source.batchSize * traced.microSteps * replicas.count));
  if (predictShape) program.define('predict', predictEntry(traced, predictShape));
  const {nodes, traceMs, loadMs} = program.compile();
  const cost =
    nodes > 0 ? `, ${nodes} nodes, traced in ${seconds(traceMs)}, loaded in ${seconds(loadMs)}` : '';
  logger.info(`${engine.description}${cost}`);
  for (const note of engine.notes ?? []) logger.warn(note);
  return predictShape;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
