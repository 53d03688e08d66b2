/** Runs a recorded step again. */
import type {Engine, Model, ModelOptions, UserConfig} from '../contract/index.js';
import {PluginSet} from '../appliedPlugins.js';
import {checkSameTensors, restore} from '../checkpoint/snapshot.js';
import type {Logger} from '../logger.js';
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

/** Sets the scalars that are declared to their recorded values; a plugin that was not there then says its own. */
function useRecorded(set: PluginSet, {scalars}: FlightRecord): void {
  const declared = Object.keys(set.scalars.valuesOf('gradients'));
  const known = declared.filter(name => scalars[name] !== undefined);
  set.scalars.set('gradients', Object.fromEntries(known.map(name => [name, scalars[name]!])));
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
    betas: set.config.optim.betas,
  };
  const program = engine.createProgram(variablesOf(model));
  try {
    program.define('gradients', gradientsEntry(traced, record.shape));
    program.compile();
    await restore(model, program, {weights, optimizer});
    useRecorded(set, record);
    const micro = await runMicroSteps({program, scalars: set.scalars}, batches);
    const bad = firstNonFinite(micro);
    const microStep = Math.max(0, bad);
    const scalars = {...set.scalars.valuesOf('gradients')};
    const examination = await examine({
      ...{engine, traced, program, batches, shape: record.shape, microStep, scalars},
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
