/** Runs a recorded step again. */
import type {Engine, HostTensor, Model, ModelOptions, UserConfig} from '../contract/index.js';
import {PluginSet} from '../appliedPlugins.js';
import {checkSameTensors, restore} from '../checkpoint/snapshot.js';
import type {Logger} from '../logger.js';
import {progressAt} from '../run.js';
import {variablesOf} from '../tensors.js';
import {FIRST_MICRO_STEP, gradientsEntry} from '../traced/gradients.js';
import type {TracedContext} from '../traced/trace.js';
import {examine, type Examination} from './examine.js';
import {readRecord, type FlightRecord} from './record.js';

/** What a replay needs. */
export interface ReplayRequest {
  /** Folder of the record. */
  folder: string;
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

const valueOf = (fetches: Record<string, HostTensor>, name: string) => Number(fetches[name]!.values[0]);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Recorded values for those that are declared; a plugin that was not there then says its own. */
function scalarsFor(set: PluginSet, {scalars}: FlightRecord): Record<string, number> {
  const now = set.scalars.valuesOf('gradients');
  for (const name of Object.keys(now)) if (scalars[name] !== undefined) now[name] = scalars[name];
  return now;
}

/**
 * Runs a recorded step again: captured or op by op as the engine has it, then examined.
 * @throws RIFE_ERR_FLIGHT_RECORD, RIFE_ERR_CHECKPOINT_MODEL, and what plugins throw
 */
export async function replay({folder, config, engine, createModel, logger}: ReplayRequest): Promise<Replay> {
  const {record, batches, weights, optimizer} = await readRecord(folder);
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
    const results: Record<string, HostTensor>[] = [];
    for (const [i, {images, gap, timestep}] of batches.entries()) {
      if (batches.length > 1) set.scalars.set('gradients', {[FIRST_MICRO_STEP]: i === 0 ? 1 : 0});
      results.push(await program.run('gradients', {images, gap, timestep}, scalarsFor(set, record)));
    }
    const bad = results.findIndex(fetches => valueOf(fetches, 'finite') !== 1);
    const microStep = Math.max(0, bad);
    const scalars = {...scalarsFor(set, record)};
    const examination = await examine({
      ...{engine, traced, program, batch: batches[microStep]!, shape: record.shape, microStep, scalars},
    });
    const loss = mean(results.map(fetches => valueOf(fetches, 'loss')));
    const termNames = Object.keys(results[0]!).filter(name => name.startsWith('term/'));
    return {
      record,
      loss,
      terms: Object.fromEntries(
        termNames.map(name => [name.slice('term/'.length), mean(results.map(f => valueOf(f, name)))]),
      ),
      gradNorm: valueOf(results.at(-1)!, 'gradNorm'),
      maxFlow: Math.max(...results.map(fetches => valueOf(fetches, 'maxFlow'))),
      isFinite: bad < 0,
      isSame: Object.is(loss, Number(record.loss)),
      examination,
    };
  } finally {
    program.dispose();
  }
}
