/** Runs with plugin-multiscale that start from a file of the network without it. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  Logger,
  Trainer,
  type Frame,
  type ModelOptions,
  type PredictResult,
  type ReadInitial,
  type RifePlugin,
  type StepMetrics,
  type UserConfig,
} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {decodeSafetensors, encodeSafetensors} from '@rife-train/files';
import {createModel, NETWORKS} from '@rife-train/model';
import {readWeights, toFloat32} from '@rife-train/model/weights';
import {multiscale, type MultiscaleOptions} from '@rife-train/plugin-multiscale';
import {fixtureFrame, fixtureWeights} from '@rife-train/testing';
import {fixtureBatches} from './support.js';

/** Narrower than the reference, so that a run takes seconds. */
export const SMALL = {name: 'IFNet', scales: [4, 2, 1], widths: [24, 16, 12]} satisfies ModelOptions;
export const EVERYTHING: MultiscaleOptions = {stages: [16, 8], fusion: true, receptiveField: 'dilated'};

const root = mkdtempSync(join(tmpdir(), 'rife-multiscale-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));
let folders = 0;
export const newFolder = () => join(root, String(folders++));

/** Writes the fixtures' weights of a network, batch norm's statistics too; returns the path. */
export function weightsFile(options: ModelOptions): string {
  const model = createModel(options);
  const fresh = model.initialize(3);
  const buffers = (model.buffers ?? []).map(({name}) => [name, fresh.get(name)!] as const);
  const values = new Map([...fixtureWeights(model), ...buffers]);
  const specs = [...model.parameters, ...(model.buffers ?? [])];
  const tensors = new Map(
    specs.map(({name, fileShape}) => [
      name,
      {shape: fileShape, values: Float32Array.from(values.get(name)!)},
    ]),
  );
  const path = `${newFolder()}.safetensors`;
  writeFileSync(path, Buffer.concat(encodeSafetensors(tensors)));
  return path;
}

/** Reads `init` as the CLI does: the tensors of the file after the plugins, by name and shape. */
const readInitial: ReadInitial = async (file, model, adapt) => {
  const {tensors} = await readWeights(file);
  const read = new Map([...tensors].map(([name, t]) => [name, {shape: t.shape, values: toFloat32(t)}]));
  const given = adapt?.(read, file) ?? read;
  const fitting = [...model.parameters, ...(model.buffers ?? [])].filter(
    ({name, fileShape}) => given.get(name)?.shape.join() === fileShape.join(),
  );
  const values = new Map(fitting.map(({name}) => [name, given.get(name)!.values]));
  return {values, report: `${values.size} of ${given.size} tensors fit`, file, sha256: ''};
};

/** Options of {@link trainOn}. */
export interface RunSetup {
  /** Options of the plugin; undefined leaves it out. */
  options?: MultiscaleOptions | undefined;
  /** Plugins after it. */
  plugins?: RifePlugin[];
  model?: Partial<ModelOptions>;
  init?: string;
  execution?: 'captured' | 'eager';
  steps?: number;
  side?: number;
  config?: Partial<UserConfig>;
  out?: string;
  resume?: boolean;
  /** Predict before the first step. @default true */
  predict?: boolean;
}

/** Results of a run. */
export interface Seen {
  out: string;
  lines: string[];
  steps: StepMetrics[];
  /** Prediction before the first step, if requested. */
  predicted: PredictResult | undefined;
}

const pairOf = (images: Uint8Array, pixels: number) =>
  Uint8Array.from({length: pixels * 6}, (_, i) => images[Math.floor(i / 6) * 9 + (i % 6)]!);

/** img0 and img1 of the first batch of a run on 64 pixels. */
export function framesOf64(): [Frame, Frame] {
  const frame = (time: number): Frame => {
    const planes = fixtureFrame(0, 64, 64, time);
    const data = Uint8Array.from(planes, (_, i) => planes[(i % 3) * 64 * 64 + Math.floor(i / 3)]!);
    return {data, height: 64, width: 64};
  };
  return [frame(0), frame(1)];
}

/** Trains on the fixtures' frames without warm-up. */
export async function trainOn(setup: RunSetup): Promise<Seen> {
  const {options, plugins = [], model = SMALL, execution = 'captured', steps = 1, side = 64} = setup;
  const seen: Seen = {out: setup.out ?? newFolder(), lines: [], steps: [], predicted: undefined};
  const facts = {n: 1, h: side, w: side, timestep: 0.5};
  const trainer = new Trainer({
    openEngine: () => createEngine({execution}),
    networks: NETWORKS,
    readInitial,
    openBatches: () => Promise.resolve(fixtureBatches(facts)),
    logger: new Logger({line: text => seen.lines.push(text)}),
    resume: setup.resume ?? false,
    config: {
      data: {root: 'fixtures', crop: side, batch: 1},
      model,
      init: setup.init ?? '',
      // Constant, so that a run of two steps and one of four begin alike.
      optim: {warmupSteps: 0, learningRate: 1e-3, finalLearningRate: 1e-3},
      steps,
      saveEvery: 100,
      out: seen.out,
      plugins: [...(options ? [multiscale(options)] : []), ...plugins],
      ...setup.config,
    },
  });
  trainer.hooks.beforeStep.tapPromise('test', async ({progress}) => {
    if (progress.step > 0 || setup.predict === false) return;
    const {images} = await fixtureBatches(facts).next();
    const [gap, timestep] = [Float32Array.of(1), Float32Array.of(0.5)];
    seen.predicted = await trainer.predict({
      images: pairOf(images, side * side),
      shape: [1, side, side],
      gap,
      timestep,
    });
  });
  trainer.hooks.afterStep.tap('test', metrics => void seen.steps.push(metrics));
  await trainer.run();
  return seen;
}

/** Weights of a checkpoint, by name. */
export function weightsAt(out: string, step: number): Map<string, Float32Array> {
  const file = join(out, 'checkpoints', `step-${String(step).padStart(8, '0')}`, 'weights.safetensors');
  const {tensors} = decodeSafetensors(readFileSync(file), file);
  return new Map([...tensors].map(([name, {values}]) => [name, values as Float32Array]));
}

/** Largest absolute difference; NaN does not pass as small. */
export const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((most, d) => (d <= most ? most : d), 0);
