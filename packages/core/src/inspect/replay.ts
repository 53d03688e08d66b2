/** Runs a recorded step again. */
import type {Engine, Model, Network, UserConfig} from '../contract/index.js';
import {PluginSet} from '../plugins/appliedPlugins.js';
import {checkSameTensors, restore} from '../checkpoint/snapshot.js';
import type {Logger} from '../log/logger.js';
import {adamWScalars} from '../optim/adamW.js';
import {firstNonFinite, runMicroSteps, summarize} from '../traced/microSteps.js';
import {configChanges, summarizeConfig} from '../checkpoint/state.js';
import {progressAt} from '../optim/progress.js';
import {holdsAverages, withAverages} from '../weights/averages.js';
import {variablesOf, writeFrozen} from '../weights/tensors.js';
import {defineGradients, gradientsOf, variantNames} from '../traced/gradients.js';
import type {TracedContext} from '../traced/trace.js';
import {networksOf} from '../networks/networks.js';
import {examine, type Examination} from '../flight/examine.js';
import type {FlightRecord, LoadedRecord} from '../flight/record.js';

/** What a replay needs. */
export interface ReplayRequest {
  loaded: LoadedRecord;
  /** Its plugins are applied, and see the recorded state. */
  config: UserConfig;
  engine: Engine;
  networks: readonly Network[];
  logger?: Logger;
}

/** Result of a recorded step that was run again. */
export interface Replay {
  record: FlightRecord;
  /** Mean over micro-steps, as in the metrics of a step. */
  loss: number;
  terms: Record<string, number>;
  gradNorm: number;
  maxFlow: number;
  isFinite: boolean;
  /** Are loss, terms, gradient norm and largest |flow| the recorded ones, bit for bit? */
  isSame: boolean;
  /** Names of those that differ. */
  differences: string[];
  /**
   * How many of the recorded ones are finite, and how many of these came out again: NaN is NaN,
   * whatever it comes from.
   */
  finite: {recorded: number; same: number};
  /** Options that are not those of the recorded run: `optim.weightDecay: 0.001 -> 0`. */
  changes: string[];
  examination: Examination | undefined;
}

/**
 * The recorded network, or with other plugins the one that they make of the configuration's: what a
 * plugin that is left out did to the network must not stay.
 */
function modelOptionsFor(set: PluginSet, {model, config}: FlightRecord) {
  const isAsRecorded = set.plugins.map(({name}) => name).join() === config.plugins.join();
  return isAsRecorded ? model.options : set.modelOptions();
}

/** The recorded variant, or the first where the configuration's network does not have that one. */
function variantOf(model: Model, {variant}: FlightRecord): string | undefined {
  const names = variantNames(model);
  return names.includes(variant) ? variant : names[0];
}

type Numbers = Record<string, number | string>;
const numbersOf = ({
  loss,
  terms,
  gradNorm,
  maxFlow,
}: Pick<FlightRecord, 'loss' | 'terms' | 'gradNorm' | 'maxFlow'>): Numbers => ({
  loss,
  ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [`term ${name}`, value])),
  'gradient norm': gradNorm,
  'largest |flow|': maxFlow,
});

/** JSON has "NaN" and "Infinity" as strings, and no -0. */
const fromJson = (value: number | string | undefined) =>
  value === undefined ? undefined : Number(value) + 0;

/** Compares what came out with a record. */
export function compareNumbers(
  record: FlightRecord,
  now: Pick<Replay, 'loss' | 'terms' | 'gradNorm' | 'maxFlow'>,
): Pick<Replay, 'isSame' | 'differences' | 'finite'> {
  const [before, after] = [numbersOf(record), numbersOf(now)];
  const isSame = (name: string) => Object.is(fromJson(before[name]), fromJson(after[name]));
  const differences = Object.keys({...before, ...after}).filter(name => !isSame(name));
  const finite = Object.keys(before).filter(name => Number.isFinite(fromJson(before[name])));
  return {
    isSame: differences.length === 0,
    differences,
    finite: {recorded: finite.length, same: finite.filter(isSame).length},
  };
}

/**
 * Lets declared scalars have their recorded values; a plugin that was not there then says its own.
 * To be called before anything is built.
 */
function useRecorded({scalars, config}: PluginSet, record: FlightRecord, variant: string | undefined): void {
  const {updates} = record.position;
  scalars.pin(gradientsOf(variant), record.scalars);
  scalars.pin('update', record.updateScalars ?? {});
  // Those that a plugin declares are added when the update is built.
  const optimizer = adamWScalars(updates + 1, record.learningRate, config.optim);
  const recorded = Object.keys(optimizer).map(name => [
    name,
    record.updateScalars?.[name] ?? optimizer[name]!,
  ]);
  scalars.set('update', Object.fromEntries(recorded));
}

/** What is different from the recorded run, other than where data and network come from. */
function changesSince({config: before, model, steps}: FlightRecord, {config, plugins}: PluginSet): string[] {
  const {microSteps: _few, ...optim} = before.optim;
  const now = summarizeConfig(config, plugins);
  delete now.optim['microSteps']; // the recorded ones are run, whatever the configuration says
  const summary = {...before, steps, optim};
  return [
    ...configChanges(summary, {...now, devices: before.devices ?? 1}, {devices: 1, precision: 'fp32'}),
    ...(model.configured
      ? configChanges({model: model.configured} as never, {model: config.model} as never)
      : []),
  ];
}

/**
 * Runs a recorded step again: captured or op by op as the engine has it, then examined.
 * @throws RIFE_ERR_CHECKPOINT_MODEL where the weights do not fit the network that its plugins make,
 *   and what plugins throw
 */
export async function replay(request: ReplayRequest): Promise<Replay> {
  const {loaded, config, engine, logger} = request;
  const {folder, record, batches, weights, optimizer} = loaded;
  const networks = networksOf(request.networks, config);
  const optim = {...config.optim, microSteps: batches.length};
  const set = new PluginSet({...config, optim}, networks, logger);
  // As recorded: without the plugin that averaged, the averages stay as they are.
  const averaged = holdsAverages(optimizer.tensors.keys());
  const model = withAverages(networks.create(modelOptionsFor(set, record)), averaged);
  checkSameTensors(model, {folder, weights, optimizer});
  await set.hooks.load.promise({step: record.step, directory: folder, plugins: record.plugins});
  set.scalars.moveTo(progressAt(record.step, record.steps));
  const traced: TracedContext = {
    model,
    hooks: set.hooks,
    session: set.session,
    scalars: set.scalars,
    seed: record.rng.seed,
    microSteps: batches.length,
    betas: (record.config.optim['betas'] as TracedContext['betas'] | undefined) ?? set.config.optim.betas,
  };
  const variant = variantOf(model, record);
  useRecorded(set, record, variant);
  const program = engine.createProgram(variablesOf(model));
  try {
    defineGradients(program, traced, record.shape, [variant]);
    program.compile();
    await writeFrozen(model, program);
    await restore(model, program, {weights, optimizer});
    const micro = await runMicroSteps({program, scalars: set.scalars}, batches, variant);
    const bad = firstNonFinite(micro);
    const examination = await examine({
      ...{engine, traced, program, batches, variant, shape: record.shape},
      microStep: bad < 0 ? batches.length - 1 : bad,
      scalars: {...set.scalars.valuesOf(gradientsOf(variant))},
      updateScalars: set.scalars.valuesOf('update'),
    });
    const {loss, terms, gradNorm, maxFlow} = summarize(micro, batches);
    const numbers = {loss, terms, gradNorm, maxFlow};
    const changes = changesSince(record, set);
    return {record, ...numbers, isFinite: bad < 0, ...compareNumbers(record, numbers), changes, examination};
  } finally {
    program.dispose();
  }
}
