/** Runs of the whole trainer on the weights and frames of the fixtures, as the reference was run. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  type Batch,
  type BatchSource,
  type Model,
  type ModelOptions,
  type Program,
  type StepMetrics,
  Logger,
  Trainer,
} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {fixtureImages, fixtureWeights} from '@rife-train/testing';

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
  return {
    ...model,
    initialize: () => new Map([...weights].map(([name, values]) => [name, model.fromFile(name, values)])),
  };
}

/** [n,9,h,w] to [n,h,w,9]. */
function channelsLast(pixels: Uint8Array, n: number, area: number): Uint8Array {
  const result = new Uint8Array(pixels.length);
  for (let b = 0; b < n; b++)
    for (let c = 0; c < 9; c++)
      for (let i = 0; i < area; i++) result[(b * area + i) * 9 + c] = pixels[(b * 9 + c) * area + i]!;
  return result;
}

/** A new batch of the fixtures each step. */
function fixtureBatches({n, h, w, timestep}: RecordedRun): BatchSource {
  let index = 0;
  const next = (): Promise<Batch> =>
    Promise.resolve({
      images: channelsLast(fixtureImages(index, n, h, w, timestep), n, h * w),
      gap: new Float32Array(n).fill(1),
      timestep: new Float32Array(n).fill(timestep),
      names: Array.from({length: n}, (_, b) => `sample ${index * n + b}`),
      index: index++,
      policy: {minGap: 1, maxGap: 1},
    });
  const seek = (to: number) => Promise.resolve(void (index = to));
  return {batchSize: n, crop: [h, w], next, seek, close: () => Promise.resolve()};
}

/** What a run left behind. */
export interface OurRun {
  model: Model;
  steps: StepMetrics[];
  /** Gradients of step 0, in file layout. */
  gradients: Map<string, Float32Array>;
  /** After so many steps: parameters in file layout. */
  parameters: Map<number, Map<string, Float32Array>>;
}

/** Trains as recorded and keeps what the fixtures know of: gradients of the first step, parameters after some. */
export async function trainAsRecorded(
  recorded: RecordedRun,
  execution: 'captured' | 'eager',
): Promise<OurRun> {
  const model = fixtureModel({name: recorded.arch, scales: [4, 2, 1], widths: [240, 150, 90]});
  const engine = await createEngine({execution});
  let program: Program | undefined;
  const out = mkdtempSync(join(tmpdir(), 'rife-reference-'));
  const trainer = new Trainer({
    engine: {...engine, createProgram: variables => (program = engine.createProgram(variables))},
    createModel: () => model,
    openBatches: () => Promise.resolve(fixtureBatches(recorded)),
    logger: new Logger({line: () => {}}),
    config: {
      data: {root: 'fixtures', crop: [recorded.h, recorded.w], batch: recorded.n},
      model: {name: recorded.arch},
      optim: {
        learningRate: recorded.lr,
        finalLearningRate: recorded.lr,
        warmupSteps: 0,
        weightDecay: recorded.weight_decay,
        betas: recorded.betas,
        epsilon: recorded.eps,
      },
      steps: recorded.steps,
      saveEvery: recorded.steps,
      previewEvery: 0,
      out,
    },
  });
  const run: OurRun = {model, steps: [], gradients: new Map(), parameters: new Map()};
  const read = async (prefix: string) => {
    const values = await program!.readVariables(model.parameters.map(({name}) => `${prefix}${name}`));
    return new Map(
      model.parameters.map(({name}) => [name, model.toFile(name, values.get(`${prefix}${name}`)!)]),
    );
  };
  trainer.hooks.afterStep.tapPromise('test', async metrics => {
    run.steps.push(metrics);
    if (run.steps.length === 1) run.gradients = await read('grad/');
    if (String(run.steps.length) in recorded.parameters) run.parameters.set(run.steps.length, await read(''));
  });
  try {
    await trainer.run();
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
  return run;
}

/** |a - b| / |b| */
export const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);

export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}
