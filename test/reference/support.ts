/**
 * Runs of the whole trainer on the weights and frames of the fixtures, like the reference's runs.
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  type Batch,
  type BatchSource,
  type Model,
  type ModelOptions,
  type OptimConfig,
  type ParameterSpec,
  type Program,
  type StepMetrics,
  Logger,
  Trainer,
} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel, NETWORKS} from '@rife-train/model';
import {fixtureFeed, fixtureWeights} from '@rife-train/testing';

/** `train_<tag>.json`, written by bench/twin/testdata.py. */
export interface RecordedRun {
  arch: string;
  n: number;
  h: number;
  w: number;
  timestep: number;
  steps: number;
  lr: number;
  weight_decay: number;
  betas: [number, number];
  eps: number;
  runs: Record<'f32' | 'f64', Record<'loss_l1' | 'loss_tea' | 'loss_distill' | 'total', number>[]>;
  /** By run of the reference, then by number of steps. */
  update_error_vs_f64: Record<string, Record<string, number>>;
  /** After so many steps, by name: of the float32 run, and samples of the float64 run. */
  parameters: Record<string, Record<string, {norm: number; absmean: number; val_f64: number[]}>>;
}

export const loadRun = (tag: string): RecordedRun =>
  JSON.parse(readFileSync(join(__dirname, 'fixtures', `train_${tag}.json`), 'utf8')) as RecordedRun;

/** The model with the fixtures' weights in place of random ones. */
export function fixtureModel(options: ModelOptions): Model {
  const model = createModel(options);
  const weights = fixtureWeights(model);
  const given = [...weights].map(([name, values]) => [name, model.fromFile(name, values)] as const);
  const initialize = (seed: number) => new Map([...model.initialize(seed), ...given]);
  return Object.assign(Object.create(model) as Model, {initialize});
}

/** Size of a batch of the fixtures, the time of its gt, and the number of the first one. */
export type BatchFacts = Pick<RecordedRun, 'n' | 'h' | 'w' | 'timestep'> & {first?: number};

/** A new batch of the fixtures each step; `change` may spoil it. */
export function fixtureBatches(
  {n, h, w, timestep, first = 0}: BatchFacts,
  change = (batch: Batch) => batch,
): BatchSource {
  let index = 0;
  const next = (): Promise<Batch> =>
    Promise.resolve(
      change({
        images: fixtureFeed(first + index, n, h, w, timestep),
        gap: new Float32Array(n).fill(1),
        timestep: new Float32Array(n).fill(timestep),
        names: Array.from({length: n}, (_, b) => `sample ${index * n + b}`),
        index: index++,
        policy: {minGap: 1, maxGap: 1},
      }),
    );
  const seek = (to: number) => Promise.resolve(void (index = to));
  return {batchSize: n, crop: [h, w], next, seek, close: () => Promise.resolve()};
}

/** How a step runs: one graph, op by op, or the graph compiled by XLA. */
export type Execution = 'captured' | 'eager' | 'xla';

/** Options of {@link openReference}. */
export interface ReferenceOptions {
  facts: BatchFacts;
  model: Partial<ModelOptions>;
  execution: Execution;
  steps: number;
  optim: Partial<OptimConfig>;
  change?: (batch: Batch) => Batch;
  /** @default 'fp32' */
  precision?: 'fp32' | 'bf16';
  /** A folder whose run is resumed. @default a new run */
  resume?: string;
  /** Receives the lines of the log. */
  line?: (text: string) => void;
}

/** A trainer on the fixtures, with access to its program. */
export interface ReferenceTrainer {
  trainer: Trainer;
  model: Model;
  /** Variables under a prefix (`''`, `grad/`, `next/`) by parameter or buffer, in file layout. */
  read(prefix: string, specs: readonly ParameterSpec[]): Promise<Map<string, Float32Array>>;
  /** Folder of its checkpoints; removed by `close`. */
  out: string;
  close(): void;
}

export async function openReference(options: ReferenceOptions): Promise<ReferenceTrainer> {
  const {facts, execution, change = batch => batch, precision = 'fp32', resume, line = () => {}} = options;
  const scales = [4, 2, 1];
  const model = fixtureModel({name: 'IFNet', scales, widths: [240, 150, 90], ...options.model});
  const engine = await createEngine({
    ...(execution === 'xla' ? {compile: 'xla'} : {execution}),
    precision,
  });
  let program: Program | undefined;
  const out = resume ?? mkdtempSync(join(tmpdir(), 'rife-reference-'));
  const trainer = new Trainer({
    openEngine: async () => ({
      ...engine,
      createProgram: variables => (program = engine.createProgram(variables)),
    }),
    networks: NETWORKS.map(network => ({...network, create: () => model})),
    openBatches: () => Promise.resolve(fixtureBatches(facts, change)),
    logger: new Logger({line}),
    resume: resume !== undefined,
    config: {
      data: {root: 'fixtures', crop: [facts.h, facts.w], batch: facts.n},
      model: {name: model.name},
      optim: {warmupSteps: 0, ...options.optim},
      steps: options.steps,
      saveEvery: options.steps,
      previewEvery: 0,
      precision,
      out,
    },
  });
  const read = async (prefix: string, specs: readonly ParameterSpec[]) => {
    const values = await program!.readVariables(specs.map(({name}) => `${prefix}${name}`));
    return new Map(specs.map(({name}) => [name, model.toFile(name, values.get(`${prefix}${name}`)!)]));
  };
  return {trainer, model, read, out, close: () => rmSync(out, {recursive: true, force: true})};
}

/** Results of a run. */
export interface OurRun {
  model: Model;
  steps: StepMetrics[];
  /** Gradients of step 0, in file layout. */
  gradients: Map<string, Float32Array>;
  /** After so many steps: parameters in file layout. */
  parameters: Map<number, Map<string, Float32Array>>;
}

/**
 * Trains as recorded and keeps what the fixtures contain: gradients of the first step, parameters
 * after some.
 */
export async function trainAsRecorded(recorded: RecordedRun, execution: Execution): Promise<OurRun> {
  const {arch, steps, lr, weight_decay: weightDecay, betas, eps: epsilon} = recorded;
  const optim = {learningRate: lr, finalLearningRate: lr, weightDecay, betas, epsilon};
  const opened = await openReference({facts: recorded, model: {name: arch}, execution, steps, optim});
  const {trainer, model, read} = opened;
  const run: OurRun = {model, steps: [], gradients: new Map(), parameters: new Map()};
  trainer.hooks.afterStep.tapPromise('test', async metrics => {
    run.steps.push(metrics);
    const done = run.steps.length;
    if (done === 1) run.gradients = await read('grad/', model.parameters);
    if (String(done) in recorded.parameters) run.parameters.set(done, await read('', model.parameters));
  });
  await trainer.run().finally(opened.close);
  return run;
}

/** |a - b| / |b| */
export const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);
