/**
 * Batch norm in the blocks against PyTorch's BatchNorm2d in the same network (bench/twin): a
 * training step, running statistics, prediction. A step that the guard stops must not change the
 * statistics.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Batch, Trainer} from '@rife-train/core';
import {decodeSafetensors} from '@rife-train/files';
import {
  gradientsOutside,
  lossesOutside,
  outside,
  readSafetensors,
  sampledIndices,
  type RecordedGradient,
} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {openReference, type BatchFacts, type ReferenceOptions} from './support.js';

const FIXTURES = join(__dirname, '../../packages/model/src/__tests__/fixtures');

interface RecordedStep extends BatchFacts {
  widths: number[];
  losses: Record<'loss_l1' | 'loss_tea' | 'loss_distill' | 'total', number>;
  grads: Record<string, RecordedGradient>;
  running: Record<string, number[]>;
}
const recorded = JSON.parse(readFileSync(join(FIXTURES, 'forward_bn_2x64x64.json'), 'utf8')) as RecordedStep;

/** No weight changes at such a rate: every pass uses the recorded weights. */
const open = (options: Partial<ReferenceOptions>) =>
  openReference({
    facts: recorded,
    model: {norm: 'batch', widths: recorded.widths},
    execution: 'captured',
    steps: 1,
    ...options,
    optim: {learningRate: 1e-30, finalLearningRate: 0, weightDecay: 0, ...options.optim},
  });

/** Sums over all pixels that are 0 before a norm, or nearly so. */
const cancels = (name: string) =>
  name === 'unet.conv.bias' ||
  (name.replace(/0\.bias$/, 'norm.bias') in recorded.grads && name.endsWith('.0.bias'));

type Values = Map<string, Float32Array>;

/** Results of the steps. */
interface Seen {
  loss: Record<string, number>;
  gradients: Values;
  predicted: Float32Array;
  updated: boolean[];
  /** After each step: the statistics, and their next values from that step. */
  running: Values[];
  next: Values[];
  /** As the last checkpoint has them. */
  saved: Values;
}

async function predict(trainer: Trainer, images: Uint8Array): Promise<Float32Array> {
  const {n, h, w} = recorded;
  const pair = Uint8Array.from({length: n * h * w * 6}, (_, i) => images[Math.floor(i / 6) * 9 + (i % 6)]!);
  const [gap, timestep] = [new Float32Array(n).fill(1), new Float32Array(n).fill(0.5)];
  const {refined} = await trainer.predict({images: pair, shape: [n, h, w], gap, timestep});
  return refined.values as Float32Array;
}

/** The guard stops the second step, if there is one; the third has the second one's frames. */
async function train(execution: 'captured' | 'eager', steps: number): Promise<Seen> {
  const images: Uint8Array[] = [];
  const change = (batch: Batch) => {
    images.push(Uint8Array.from(batch.images));
    return batch.index === 2 ? {...batch, images: images[1]!} : batch;
  };
  const {trainer, model, read, out, close} = await open({execution, steps, change});
  // ln of 1, and of -1 in the second step.
  trainer.hooks.afterLoss.tap('test', ({terms, weights}, trace) => {
    const poison = tf.log(trace.scalar('test.sign', ({step}) => (step === 1 ? -1 : 1)));
    return {terms: {...terms, distill: tf.add(terms['distill']!, poison)}, weights};
  });
  const seen = {updated: [], running: [], next: []} as unknown as Seen;
  trainer.hooks.afterStep.tapPromise('test', async metrics => {
    seen.updated.push(metrics.updated);
    seen.running.push(await read('', model.buffers!));
    seen.next.push(await read('next/', model.buffers!));
    if (metrics.progress.step > 0) return;
    seen.loss = {...metrics.terms, total: metrics.loss};
    seen.gradients = await read('grad/', model.parameters);
    seen.predicted = await predict(trainer, images[0]!);
  });
  try {
    await trainer.run();
    const file = join(out, `checkpoints/step-0000000${steps}/weights.safetensors`);
    const {tensors} = decodeSafetensors(readFileSync(file), file);
    seen.saved = new Map([...tensors].map(([name, {values}]) => [name, values as Float32Array]));
    return seen;
  } finally {
    close();
  }
}

let captured: Seen;
beforeAll(async () => void (captured = await train('captured', 3)));

describe.each(['captured', 'eager'] as const)('%s', execution => {
  let seen: Seen;
  beforeAll(async () => void (seen = execution === 'captured' ? captured : await train('eager', 1)));

  test('loss terms', () => {
    expect(lossesOutside('batch norm', seen.loss, recorded.losses)).toEqual([]);
  });

  test('the gradient of every parameter', () => {
    expect(gradientsOutside('batch norm', seen.gradients, recorded.grads, {cancels})).toEqual([]);
  });

  test('running statistics, in the program and in the checkpoint', () => {
    const [first, last] = [seen.running[0], seen.running.at(-1)];
    expect([...first!.keys()].sort()).toEqual(Object.keys(recorded.running).sort());
    const wrong = Object.entries(recorded.running).flatMap(([name, expected]) => {
      const values = first!.get(name)!;
      const errors = sampledIndices(name, values.length).map(
        (at, j) => Math.abs(values[at]! - expected[j]!) / Math.max(1, Math.abs(expected[j]!)),
      );
      return outside('batch norm: running statistics', Math.max(...errors), name);
    });
    expect(wrong).toEqual([]);
    for (const [name, values] of last!) expect(seen.saved.get(name)).toEqual(values);
  });

  test('prediction with the running statistics', () => {
    const {values} = readSafetensors(join(FIXTURES, 'forward_bn_2x64x64.safetensors')).get('predicted')!;
    const {n, h, w} = recorded;
    expect(seen.predicted).toHaveLength(n * h * w * 3);
    const errors = [...seen.predicted].map((x, i) => {
      const [b, pixel] = [Math.floor(i / (h * w * 3)), Math.floor(i / 3) % (h * w)];
      return Math.abs(x - Number(values[(b * 3 + (i % 3)) * h * w + pixel]));
    });
    expect(outside('batch norm: prediction', Math.max(...errors))).toEqual([]);
  });
});

/** Plain lists: jest can't show how arrays of two realms differ. */
const listed = (values: Values) => [...values].map(([name, array]) => [name, Array.from(array)]);

test('not a step that the guard stops moves the running statistics', () => {
  const {updated, running, next} = captured;
  expect(updated).toEqual([true, false, true]);
  const [first, second, third] = running.map(listed);
  expect(first).toEqual(listed(next[0]!));
  expect(second).toEqual(first);
  expect(listed(next[1]!)).not.toEqual(first);
  expect(third).not.toEqual(first);
});

test('each micro-step moves the running statistics, as each forward pass in PyTorch', async () => {
  const {trainer, model, read, close} = await open({optim: {microSteps: 2}});
  let running: Values | undefined;
  trainer.hooks.afterStep.tapPromise('test', async () => void (running = await read('', model.buffers!)));
  await trainer.run().finally(close);
  // Of the same two batches, one at a time; the step that was stopped between them had no effect.
  expect(listed(running!)).toEqual(listed(captured.running[2]!));
});
