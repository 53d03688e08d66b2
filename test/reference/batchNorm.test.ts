/**
 * Batch norm in the blocks against PyTorch's BatchNorm2d in the same network (bench/twin): a training step, running statistics,
 * prediction. And that no step which the guard stops moves the statistics.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {decodeSafetensors, type Batch, type Trainer} from '@rife-train/core';
import {readSafetensors, sampledIndices} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {isClose, norm, openReference, relative, type BatchFacts, type ReferenceOptions} from './support.js';

const FIXTURES = join(__dirname, '../../packages/model/src/__tests__/fixtures');

interface RecordedStep extends BatchFacts {
  losses: Record<'loss_l1' | 'loss_tea' | 'loss_distill' | 'total', number>;
  grads: Record<string, {norm: number; max: number; val: number[]; norm_f64: number; val_f64: number[]}>;
  running: Record<string, number[]>;
}
const recorded = JSON.parse(readFileSync(join(FIXTURES, 'forward_bn_2x64x64.json'), 'utf8')) as RecordedStep;

/** So small that no weight moves: the recorded prediction is of the weights before the step. */
const STILL = {learningRate: 1e-30, finalLearningRate: 0, weightDecay: 0};
const open = (options: Partial<ReferenceOptions>) =>
  openReference({
    facts: recorded,
    model: {norm: 'batch'},
    execution: 'captured',
    steps: 1,
    optim: STILL,
    ...options,
  });

describe.each(['captured', 'eager'] as const)('%s', execution => {
  let opened: Awaited<ReturnType<typeof open>>;
  let loss: Record<string, number>;
  let gradients: Map<string, Float32Array>;
  let running: Map<string, Float32Array>;
  let predicted: Float32Array;
  let saved: Map<string, Float32Array>;

  beforeAll(async () => {
    let images = new Uint8Array();
    const keepImages = (batch: Batch) => ({...batch, images: (images = Uint8Array.from(batch.images))});
    opened = await open({execution, change: keepImages});
    const {trainer, model, read, out} = opened;
    trainer.hooks.afterStep.tapPromise('test', async metrics => {
      loss = {...metrics.terms, total: metrics.loss};
      gradients = await read('grad/', model.parameters);
      running = await read('', model.buffers!);
      predicted = await predict(trainer, images);
    });
    await trainer.run();
    const file = join(out, 'checkpoints/step-00000001/weights.safetensors');
    const {tensors} = decodeSafetensors(readFileSync(file), file);
    saved = new Map([...tensors].map(([name, {values}]) => [name, values as Float32Array]));
  });
  afterAll(() => opened.close());

  async function predict(trainer: Trainer, images: Uint8Array): Promise<Float32Array> {
    const {n, h, w} = recorded;
    const pair = Uint8Array.from({length: n * h * w * 6}, (_, i) => images[Math.floor(i / 6) * 9 + (i % 6)]!);
    const [gap, timestep] = [new Float32Array(n).fill(1), new Float32Array(n).fill(0.5)];
    const {refined} = await trainer.predict({images: pair, shape: [n, h, w], gap, timestep});
    return refined.values as Float32Array;
  }

  test('loss terms', () => {
    const {loss_l1: reconstruction, loss_tea: teacher, loss_distill: distill, total} = recorded.losses;
    for (const [term, expected] of Object.entries({reconstruction, teacher, distill, total}))
      expect([term, relative(loss[term]!, expected) < 1e-5]).toEqual([term, true]);
  });

  test('the gradient of every parameter', () => {
    const wrong: string[] = [];
    expect(Object.keys(recorded.grads)).toEqual([...gradients.keys()]);
    for (const [name, {norm: expected, max, val}] of Object.entries(recorded.grads)) {
      const values = gradients.get(name)!;
      if (!isClose(norm(values), expected)) wrong.push(`${name}: norm ${norm(values)}, not ${expected}`);
      // Of the largest entry: a pixel whose flow rounds into the next cell of the warp moves small entries by per cents.
      const tolerance = Math.max(1e-7, 5e-3 * max);
      sampledIndices(name, values.length).forEach((at, j) => {
        if (!(Math.abs(values[at]! - val[j]!) <= tolerance))
          wrong.push(`${name}[${at}]: ${values[at]}, not ${val[j]}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  test('running statistics, in the program and in the checkpoint', () => {
    expect([...running.keys()].sort()).toEqual(Object.keys(recorded.running).sort());
    for (const [name, expected] of Object.entries(recorded.running)) {
      const values = running.get(name)!;
      sampledIndices(name, values.length).forEach((at, j) =>
        expect(Math.abs(values[at]! - expected[j]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected[j]!))),
      );
      expect(saved.get(name)).toEqual(values);
    }
  });

  test('prediction with the running statistics', () => {
    const {values} = readSafetensors(join(FIXTURES, 'forward_bn_2x64x64.safetensors')).get('predicted')!;
    const {n, h, w} = recorded;
    expect(predicted).toHaveLength(n * h * w * 3);
    predicted.forEach((x, i) => {
      const [b, pixel] = [Math.floor(i / (h * w * 3)), Math.floor(i / 3) % (h * w)];
      if (!(Math.abs(x - Number(values[(b * 3 + (i % 3)) * h * w + pixel])) < 1e-4))
        throw new Error(`at ${i}`);
    });
  });
});

describe('what moves the running statistics', () => {
  const small = {norm: 'batch', widths: [8, 8, 8]} as const;
  const openSmall = (options: Partial<ReferenceOptions>) =>
    open({model: {...small, widths: [...small.widths]}, ...options});
  const values = (map: Map<string, Float32Array>) => [...map].map(([name, v]) => [name, [...v]]);

  test('not a step that the guard stops', async () => {
    const {trainer, model, read, close} = await openSmall({steps: 3});
    // ln of -1 in the second step.
    trainer.hooks.afterLoss.tap('test', ({terms, weights}, trace) => {
      const poison = tf.log(trace.scalar('test.sign', ({step}) => (step === 1 ? -1 : 1)));
      return {terms: {...terms, distill: tf.add(terms['distill']!, poison)}, weights};
    });
    const seen: {updated: boolean; running: unknown; next: unknown}[] = [];
    trainer.hooks.afterStep.tapPromise('test', async ({updated}) => {
      const [running, next] = [await read('', model.buffers!), await read('next/', model.buffers!)];
      seen.push({updated, running: values(running), next: values(next)});
    });
    await trainer.run().finally(close);
    const [first, second, third] = seen;
    expect(seen.map(({updated}) => updated)).toEqual([true, false, true]);
    expect(first!.running).toEqual(first!.next);
    expect(second!.running).toEqual(first!.running);
    expect(second!.next).not.toEqual(first!.running);
    expect(third!.running).not.toEqual(first!.running);
  });

  test('each micro-step, as each forward pass in PyTorch', async () => {
    const after = async (steps: number, microSteps: number) => {
      const {trainer, model, read, close} = await openSmall({steps, optim: {...STILL, microSteps}});
      let running: unknown;
      trainer.hooks.afterStep.tapPromise('test', async () => {
        running = values(await read('', model.buffers!));
      });
      await trainer.run().finally(close);
      return running;
    };
    expect(await after(1, 2)).toEqual(await after(2, 1));
  });
});
