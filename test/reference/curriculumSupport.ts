/**
 * Runs of the trainer on clips from disk, read ahead by decode threads, with a network of 24
 * parameters.
 */
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  definePlugin,
  Logger,
  Trainer,
  type Batch,
  type BatchSource,
  type Engine,
  type Model,
  type NamedTensors,
  type RifePlugin,
  type StepMetrics,
} from '@rife-train/core';
import {openBatchSource} from '@rife-train/data';
import {TINY} from '@rife-train/testing';
import sharp from 'sharp';

const SIDE = 64;

/** Frames that brighten with time, each with its own pattern: wide gaps are hard to blend. */
async function writeClip(folder: string, frames: number): Promise<void> {
  mkdirSync(folder, {recursive: true});
  for (let frame = 0; frame < frames; frame++) {
    const pixels = Uint8Array.from({length: SIDE * SIDE * 3}, (_, i) => {
      const noise = ((i + 1) * 2654435761 + frame * 40503) >>> 27;
      return Math.round(60 + 50 * Math.sin(0.35 * frame) + (i % SIDE) + noise);
    });
    const raw = {width: SIDE, height: SIDE, channels: 3 as const};
    await sharp(pixels, {raw}).toFile(join(folder, `${String(frame).padStart(4, '0')}.png`));
  }
}

/** Clips of 17 and 11 frames. */
export async function writeClips(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'rife-curriculum-'));
  await writeClip(join(root, 'train/a/long'), 17);
  await writeClip(join(root, 'train/a/short'), 11);
  return root;
}

/**
 * A linear blend of both images that depends on the timestep. A timestep of NaN makes the loss NaN.
 */
export const tinyModel: Model = {
  name: 'Tiny',
  options: {name: 'Tiny', scales: [1], widths: [1]},
  parameters: [
    {name: 'mix', shape: [6, 3], fileShape: [6, 3]},
    {name: 'bias', shape: [3], fileShape: [3]},
    {name: 'drift', shape: [3], fileShape: [3]},
  ],
  anyTimestep: true,
  cropMultiple: 32,
  minCrop: 64,
  initialize: () =>
    new Map([
      ['mix', Float32Array.from({length: 18}, (_, i) => 0.2 * Math.sin(1 + i))],
      ['bias', new Float32Array(3)],
      ['drift', new Float32Array(3)],
    ]),
  toFile: (_, values) => Float32Array.from(values),
  fromFile: (_, values) => Float32Array.from(values),
  losses(parameters, {images, timestep}) {
    const [inputs, gt] = tf.split(images, [6, 3], 3) as [tf.Tensor4D, tf.Tensor4D];
    const refined = blend(parameters, inputs, timestep);
    const error = tf.sub(refined, gt);
    const squaredError = tf.mean(tf.square(error), [1, 2, 3]) as tf.Tensor1D;
    const terms = {reconstruction: tf.mean(tf.abs(error), [1, 2, 3]) as tf.Tensor1D, square: squaredError};
    return {
      terms,
      weights: {reconstruction: 1, square: 0.5},
      maxFlow: tf.max<tf.Scalar>(refined),
      squaredError,
    };
  },
  predict(parameters, images, timestep) {
    const refined = blend(parameters, images, timestep);
    const flow = tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 4]);
    return {refined, flow, mask: tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 1])};
  },
};

function blend(parameters: NamedTensors, images: tf.Tensor4D, timestep: tf.Tensor1D): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  const rows = tf.matMul(tf.reshape(images, [-1, 6]) as tf.Tensor2D, parameters['mix'] as tf.Tensor2D);
  const mixed = tf.reshape(tf.add(rows, parameters['bias']!), [batch, height, width, 3]);
  const drift = tf.mul(tf.reshape(timestep, [batch, 1, 1, 1]), parameters['drift']!);
  return tf.add(mixed, drift);
}

/** Spoils batches by number: their timestep becomes NaN. */
function spoiled(source: BatchSource, isBad: (index: number) => boolean): BatchSource {
  const spoil = (batch: Batch): Batch =>
    isBad(batch.index) ? {...batch, timestep: batch.timestep.map(() => NaN)} : batch;
  return {
    batchSize: source.batchSize,
    crop: source.crop,
    next: async () => spoil(await source.next()),
    seek: index => source.seek(index),
    close: () => source.close(),
  };
}

/** Responds to each step that is not finite with a rollback. */
const rollback = definePlugin({
  name: 'test:rollback',
  apply: ({hooks}) => hooks.onNaN.tap('rollback', () => 'rollback' as const),
});

export interface RunRequest {
  engine: Engine;
  root: string;
  out: string;
  plugin: RifePlugin;
  /** Numbers of the spoiled batches. */
  bad?: readonly number[];
  /** Stops the run, as Ctrl-C would, after so many steps. */
  stopAfter?: number;
  resume?: boolean;
}

export const STEPS = 24;
export const MICRO_STEPS = 2;
export const PREFETCH = 3;

/** Trains, and returns each step without its times, with the lines of the log. */
export async function runTiny({engine, root, out, plugin, bad = [], stopAfter, resume = false}: RunRequest) {
  const steps: Omit<StepMetrics, 'stepMs' | 'dataMs'>[] = [];
  const lines: string[] = [];
  const abort = new AbortController();
  const trainer = new Trainer({
    openEngine: async () => engine,
    networks: [{...TINY, create: () => tinyModel}],
    openBatches: async ({data, seed, policyAt}) =>
      spoiled(await openBatchSource({...data, seed, policyAt}), index => bad.includes(index)),
    logger: new Logger({line: text => lines.push(text)}),
    resume,
    config: {
      data: {root, crop: SIDE, batch: 4, workers: 1, prefetch: PREFETCH, timestep: 'any'},
      model: {name: 'Tiny'},
      optim: {learningRate: 0.01, warmupSteps: 2, microSteps: MICRO_STEPS},
      plugins: [plugin, rollback],
      steps: STEPS,
      saveEvery: 5,
      previewEvery: 0,
      out,
    },
  });
  // After the plugins: includes what they add to the logs.
  trainer.hooks.afterStep.tap({name: 'test', stage: 1}, ({stepMs: _stepMs, dataMs: _dataMs, ...metrics}) => {
    steps.push(structuredClone(metrics));
    if (steps.length === stopAfter) abort.abort();
  });
  await trainer.run({signal: abort.signal});
  return {steps, lines};
}

/** Tensors and plugin state of the last checkpoint. */
export function lastCheckpoint(out: string) {
  const read = (file: string) =>
    readFileSync(join(out, `checkpoints/step-${String(STEPS).padStart(8, '0')}`, file));
  const {plugins, dataIndex, updates} = JSON.parse(read('state.json').toString()) as Record<string, unknown>;
  const tensors = ['weights.safetensors', 'optimizer.safetensors'].map(file => read(file).toString('base64'));
  return {plugins, dataIndex, updates, tensors};
}

export const remove = (folder: string) => rmSync(folder, {recursive: true, force: true});
