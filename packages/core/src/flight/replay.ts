/** Runs a recorded step again. */
import type {Engine, Model, ModelOptions, UserConfig} from '../contract/index.js';
import {PluginSet} from '../appliedPlugins.js';
import {checkSameTensors, restore} from '../checkpoint/snapshot.js';
import type {Logger} from '../logger.js';
import {adamWScalars} from '../optim/adamW.js';
import {firstNonFinite, runMicroSteps, summarize} from '../microSteps.js';
import {progressAt} from '../run.js';
import {variablesOf} from '../tensors.js';
import {gradientsEntry} from '../traced/gradients.js';
import type {TracedContext} from '../traced/trace.js';
import {examine, type Examination} from './examine.js';
import type {FlightRecord, LoadedRecord} from './record.js';

/** What a replay needs. */
export interface ReplayRequest {
  loaded: LoadedRecord;
  /** Its plugins are applied, and see the recorded state. */
  config: UserConfig;
  engine: Engine;
  createModel(options: ModelOptions): Model;
  logger?: Logger;
}

/** What came out of a recorded step. */
export interface Replay {
  record: FlightRecord;
  /** Mean over micro-steps, as in the metrics of a step. */
  loss: number;
  terms: Record<string, number>;
  gradNorm: number;
  maxFlow: number;
  isFinite: boolean;
  /** Is the loss the recorded one, bit for bit? */
  isSame: boolean;
  examination: Examination | undefined;
}

/** Lets declared scalars have their recorded values; a plugin that was not there then says its own. To be called before anything is built. */
function useRecorded({scalars, config}: PluginSet, record: FlightRecord): void {
  const {updates} = record.position;
  scalars.pin('gradients', record.scalars);
  scalars.pin('update', record.updateScalars ?? {});
  // Those that a plugin declares are added when the update is built.
  const optimizer = adamWScalars(updates + 1, record.learningRate, config.optim);
  const recorded = Object.keys(optimizer).map(name => [
    name,
    record.updateScalars?.[name] ?? optimizer[name]!,
  ]);
  scalars.set('update', Object.fromEntries(recorded));
}

/**
 * Runs a recorded step again: captured or op by op as the engine has it, then examined.
 * @throws RIFE_ERR_CHECKPOINT_MODEL, and what plugins throw
 */
export async function replay({loaded, config, engine, createModel, logger}: ReplayRequest): Promise<Replay> {
  const {folder, record, batches, weights, optimizer} = loaded;
  const set = new PluginSet({...config, optim: {...config.optim, microSteps: batches.length}}, logger);
  const model = createModel(record.model.options);
  checkSameTensors(model, {folder, weights, optimizer});
  await set.hooks.load.promise({step: record.step, directory: folder, plugins: record.plugins});
  set.scalars.moveTo(progressAt(record.step, record.steps));
  const traced: TracedContext = {
    model,
    hooks: set.hooks,
    session: set.session,
    scalars: set.scalars,
    microSteps: batches.length,
    betas: (record.config.optim['betas'] as TracedContext['betas'] | undefined) ?? set.config.optim.betas,
  };
  useRecorded(set, record);
  const program = engine.createProgram(variablesOf(model));
  try {
    program.define('gradients', gradientsEntry(traced, record.shape));
    program.compile();
    await restore(model, program, {weights, optimizer});
    const micro = await runMicroSteps({program, scalars: set.scalars}, batches);
    const bad = firstNonFinite(micro);
    const examination = await examine({
      ...{engine, traced, program, batches, shape: record.shape},
      microStep: bad < 0 ? batches.length - 1 : bad,
      scalars: {...set.scalars.valuesOf('gradients')},
      updateScalars: set.scalars.valuesOf('update'),
    });
    const {loss, terms, gradNorm, maxFlow} = summarize(micro, batches);
    return {
      record,
      loss,
      terms,
      gradNorm,
      maxFlow,
      isFinite: bad < 0,
      isSame: Object.is(loss, Number(record.loss)),
      examination,
    };
  } finally {
    program.dispose();
  }
}
