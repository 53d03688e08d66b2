/** Short runs of the real trainer on {@link TinyModel} and {@link TinyBatches}. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  Logger,
  Trainer,
  type Engine,
  type Model,
  type Network,
  type Program,
  type ReplicaGroup,
  type RifePlugin,
  type RunSummary,
  type StepMetrics,
  type TrainerParts,
  type UserConfig,
} from '@rife-train/core';
import {TinyBatches, type TinyBatchesOptions} from './tinyBatches.js';
import {TINY} from './tinyModel.js';

/** Parts of the configuration that differ from {@link tinyConfig}. */
export type TinyConfig = Partial<Omit<UserConfig, 'plugins' | 'data'>> & {data?: Partial<UserConfig['data']>};

export interface TinyRunOptions extends TinyBatchesOptions {
  engine: Engine;
  /** @default none */
  plugins?: readonly RifePlugin[];
  /** @default {} */
  config?: TinyConfig;
  /** @default {@link TINY} alone */
  networks?: readonly Network[] | undefined;
  /** @default {@link TinyBatches} */
  openBatches?: TrainerParts['openBatches'];
  /** Folder of the run. @default a temporary one, deleted after the run */
  out?: string;
  /** Continue from the newest checkpoint in `out`. @default false */
  resume?: boolean;
  /** Stop after this many steps, as Ctrl-C would. @default never */
  stopAfter?: number;
  /** The other replicas of the run. @default it trains alone */
  replicas?: ReplicaGroup;
  /** Stops the run, as Ctrl-C would. */
  signal?: AbortSignal;
  /** Taps of the test itself, and access to the program during the run. */
  prepare?(trainer: Trainer, program: () => Program): void;
}

/** Results of a run. */
export interface TinyRun {
  /** Metrics of each step, as the run's log received them. */
  steps: StepMetrics[];
  /** Lines of the log; warnings begin with `warning: `. */
  lines: string[];
  /** Every variable of the program at the end: weights, moments, gradients. */
  variables: Map<string, Float32Array>;
  /** State of plugins at the last save, before conversion to JSON. */
  saved: Record<string, unknown>;
  summary: RunSummary;
  /** The network after the taps of `model`. */
  model: Model;
}

/** Of the tiny network; others have options of their own. */
const modelOf = (given: Partial<UserConfig['model']> = {}): Partial<UserConfig['model']> =>
  given.name === undefined || given.name === TINY.name
    ? {name: TINY.name, scales: [4, 2, 1], widths: [6, 5, 4], ...given}
    : given;

/** The configuration of a tiny run: complete, but small. */
export function tinyConfig(config: TinyConfig, out: string): UserConfig {
  return {
    steps: 4,
    saveEvery: 1000,
    keep: 9,
    previewEvery: 0,
    seed: 7,
    out,
    ...config,
    data: {root: 'tiny', crop: 32, batch: 2, gaps: [1, 6], prefetch: 2, ...config.data},
    model: modelOf(config.model),
    optim: {learningRate: 1e-3, warmupSteps: 0, ...config.optim},
  };
}

/** After every tap of a plugin. */
export const LATE = 1_000_000;
/** Before every tap of a plugin. */
export const EARLY = -LATE;

function stopAt(step: number | undefined, trainer: Trainer): AbortSignal {
  const abort = new AbortController();
  trainer.hooks.afterStep.tap({name: 'test', stage: LATE}, ({progress}) => {
    if (step !== undefined && progress.step >= step - 1) abort.abort();
  });
  return abort.signal;
}

async function runIn(out: string, options: TinyRunOptions): Promise<TinyRun> {
  const {engine, plugins = [], config = {}, resume = false, stopAfter, shift, prepare, replicas} = options;
  const {networks = [TINY]} = options;
  let program: Program | undefined;
  let model: Model | undefined;
  const run: Omit<TinyRun, 'summary' | 'model'> = {steps: [], lines: [], variables: new Map(), saved: {}};
  const trainer = new Trainer({
    config: {...tinyConfig(config, out), plugins: [...plugins]},
    openEngine: async () => ({
      ...engine,
      createProgram: variables => (program = engine.createProgram(variables)),
    }),
    // The last one is trained; others were made to ask what they cost.
    networks: networks.map(network => ({
      ...network,
      create: given => (model = network.create(given)),
    })),
    openBatches:
      options.openBatches ?? (request => Promise.resolve(new TinyBatches(request, shift ? {shift} : {}))),
    logger: new Logger({
      line: (text, level) => run.lines.push(level === 'warn' ? `warning: ${text}` : text),
      step: metrics => run.steps.push(structuredClone(metrics)),
    }),
    resume,
    replicas,
  });
  prepare?.(trainer, () => program!);
  trainer.hooks.save.tap({name: 'test', stage: LATE}, context => void (run.saved = context.plugins));
  trainer.hooks.done.tapPromise({name: 'test', stage: LATE}, async () => {
    run.variables = await program!.readVariables();
  });
  const stop = stopAt(stopAfter, trainer);
  const summary = await trainer.run({
    signal: options.signal ? AbortSignal.any([stop, options.signal]) : stop,
  });
  return {...run, summary, model: model!};
}

/** Trains, and returns everything about the run. */
export async function trainTiny(options: TinyRunOptions): Promise<TinyRun> {
  if (options.out !== undefined) return runIn(options.out, options);
  return inFolder(out => runIn(out, options));
}

/** Runs something that needs a folder, and deletes the folder afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rife-tiny-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
