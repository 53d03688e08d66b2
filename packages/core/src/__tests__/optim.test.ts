import {outside} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import type {OptimConfig} from '../contract/index.js';
import {resolveConfig} from '../config/config.js';
import {adamW, adamWScalars, firstMoment, secondMoment} from '../optim/adamW.js';
import {learningRateAt} from '../optim/schedule.js';
import trace from './fixtures/adamw_trace.json';
import schedule from './fixtures/lr_schedule.json';
import {TestProgram} from './helpers/eagerProgram.js';

const OPTIM: OptimConfig = resolveConfig({data: {root: 'x'}, steps: 300_000}).optim;

/** A program with one parameter `p` whose update entry is fed the gradient. */
async function adamProgram(start: readonly number[]) {
  const shape = [start.length];
  const program = new TestProgram([
    {name: 'p', shape},
    {name: firstMoment('p'), shape},
    {name: secondMoment('p'), shape},
  ]);
  await program.writeVariables(new Map([['p', Float32Array.from(start)]]));
  program.define('update', {
    feeds: {gradient: {shape, dtype: 'float32'}},
    build(graph) {
      const {p} = adamW(graph, {p: graph.feed('gradient')}, OPTIM.betas);
      graph.assign('p', p!);
      return {};
    },
  });
  return program;
}

/** Largest difference, relative to the expected value where that is above 1. */
const distance = (got: Float32Array, expected: readonly number[]) =>
  Math.max(...expected.map((e, i) => Math.abs(got[i]! - e) / Math.max(1, Math.abs(e))));

test("AdamW follows PyTorch's trace, with a rate of 0 first", async () => {
  const program = await adamProgram([0.5, -0.25, trace[0]!.p[2]!, 2]);
  expect(trace).toHaveLength(6);
  for (const [i, step] of trace.entries()) {
    await program.run(
      'update',
      {gradient: Float32Array.from(step.grad)},
      adamWScalars(i + 1, step.lr, OPTIM),
    );
    const values = await program.readVariables();
    const second = [...values.get(secondMoment('p'))!];
    expect([
      ...outside('AdamW', distance(values.get('p')!, step.p), `p ${i}`),
      ...outside('AdamW', distance(values.get(firstMoment('p'))!, step.m), `m ${i}`),
      // Second moments are tiny: relative. One of them stays 0.
      ...step.v.flatMap((v, j) => outside('AdamW', v ? Math.abs(second[j]! / v - 1) : second[j]!, `v ${i}`)),
    ]).toEqual([]);
  }
});

test('the epsilon is outside the bias correction', async () => {
  // With a gradient of the size of epsilon the two forms differ by a factor; float64 by hand:
  const gradient = 1e-8;
  const program = await adamProgram([0]);
  await program.run('update', {gradient: Float32Array.of(gradient)}, adamWScalars(1, 1, OPTIM));
  const expected = -gradient / (gradient + OPTIM.epsilon); // m/c1 = g, sqrt(v)/c2 = g
  expect((await program.readVariables(['p'])).get('p')![0]).toBeCloseTo(expected, 5);
});

test('the decay comes first: the step itself is not decayed', async () => {
  const program = await adamProgram([1]);
  const scalars = adamWScalars(1, 0.5, {...OPTIM, weightDecay: 0.5});
  await program.run('update', {gradient: Float32Array.of(2)}, scalars);
  // 1 * (1 - 0.5 * 0.5), less 0.5 * g / sqrt(g * g).
  expect((await program.readVariables(['p'])).get('p')![0]).toBeCloseTo(0.25, 6);
});

test('a NaN gradient gives NaN, not a silent number', async () => {
  const program = await adamProgram([1, 1]);
  await program.run('update', {gradient: Float32Array.of(NaN, 1)}, adamWScalars(1, 0.1, OPTIM));
  const p = (await program.readVariables(['p'])).get('p')!;
  expect(p[0]).toBeNaN();
  expect(Number.isFinite(p[1]!)).toBe(true);
});

test('an update leaks nothing', async () => {
  const program = await adamProgram([1]);
  const update = (t: number) =>
    program.run('update', {gradient: Float32Array.of(1)}, adamWScalars(t, 0.1, OPTIM));
  await update(1);
  const before = tf.memory().numTensors;
  await update(2);
  expect(tf.memory().numTensors).toBe(before);
});

describe('schedule', () => {
  const steps = schedule.epochs * schedule.steps_per_epoch;

  test.each(Object.entries(schedule.lr))("step %s has RIFE's rate %p", (step, rate) => {
    expect(Math.abs(learningRateAt(Number(step), steps, OPTIM) - rate)).toBeLessThanOrEqual(
      1e-15 + 1e-12 * rate,
    );
  });

  test('no warm-up begins at the peak; a run that ends in its warm-up never divides by 0', () => {
    expect(learningRateAt(0, 10, {...OPTIM, warmupSteps: 0})).toBe(3e-4);
    expect(learningRateAt(9, 10, {...OPTIM, warmupSteps: 10})).toBeCloseTo(2.7e-4, 12);
    expect(learningRateAt(10, 10, {...OPTIM, warmupSteps: 10})).toBe(3e-4);
  });
});
