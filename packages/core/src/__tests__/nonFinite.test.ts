import * as tf from '@tensorflow/tfjs-core';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {NonFiniteEvent} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import type {BatchRequest} from '../run/openRun.js';
import {EPSILON} from '../optim/adamW.js';
import {learningRateAt} from '../optim/schedule.js';
import {fakeNetwork} from './helpers/fakeModel.js';
import {FakeBatches, makeTrainer, metricsLines, rejection, tapping, type Setup} from './helpers/harness.js';

const verdict = (value: 'skip' | 'rollback' | 'stop' | undefined) =>
  tapping('onNaN', () => value as never, 'test:verdict');

/** Weights after each step. */
function watchWeights({trainer, engine}: ReturnType<typeof makeTrainer>): Record<string, number[]>[] {
  const seen: Record<string, number[]>[] = [];
  trainer.hooks.afterStep.tapPromise('watch', async () => {
    const values = await engine.program!.readVariables([
      'mix.weight',
      'adam.m/mix.weight',
      'adam.v/mix.bias',
    ]);
    seen.push(Object.fromEntries([...values].map(([name, v]) => [name, [...v]])));
  });
  return seen;
}

/**
 * Runs to the end. By an expectation: what a failed run left in `weights` is not worth looking at.
 */
async function runToTheEnd({trainer}: ReturnType<typeof makeTrainer>) {
  const [summary, failure] = await trainer.run().then(
    done => [done, undefined] as const,
    (error: unknown) => [undefined, String(error)] as const,
  );
  expect(failure).toBeUndefined();
  return summary!;
}

async function runPoisoned(setup: Setup) {
  const made = makeTrainer(setup);
  const weights = watchWeights(made);
  const summary = await runToTheEnd(made);
  return {...made, weights, summary};
}

test('a NaN loss does not reach weights or moments; the step counts for the schedule, not for Adam', async () => {
  const epsilons: number[] = [];
  const made = makeTrainer({poisoned: index => index === 2});
  const weights = watchWeights(made);
  made.trainer.hooks.beforeStep.tap('watch', () => {
    made.engine.program!.beforeRun = (entry, scalars) => {
      if (entry === 'update') epsilons.push(scalars[EPSILON]!);
    };
  });
  await runToTheEnd(made);
  expect(weights[2]).toEqual(weights[1]);
  expect(weights[3]).not.toEqual(weights[2]);
  // Epsilon has the bias correction of the second moment: that of five updates in a row.
  expect(epsilons).toEqual([1, 2, 3, 4, 5].map(update => 1e-8 * Math.sqrt(1 - 0.999 ** update)));
  expect(made.steps.map(s => s.updated)).toEqual([true, true, false, true, true, true]);
  const optim = {learningRate: 0.01, finalLearningRate: 3e-6, warmupSteps: 1};
  expect(made.steps.map(s => s.learningRate)).toEqual(
    [0, 1, 2, 3, 4, 5].map(step => learningRateAt(step, 6, optim)),
  );
  const state = JSON.parse(
    readFileSync(path.join(made.out, 'checkpoints/step-00000006/state.json'), 'utf8'),
  ) as object;
  expect(state).toMatchObject({step: 6, updates: 5, dataIndex: 6});
});

test('a finite loss with a NaN gradient is caught: the guard looks at the norm', async () => {
  const infiniteSlope = tapping('afterLoss', ({terms, weights}) => ({
    terms: {...terms, root: tf.mul(tf.sqrt(tf.mul(terms['teacher']!, 0)), 1)},
    weights: {...weights, root: 1},
  }));
  const {steps, weights} = await runPoisoned({plugins: [infiniteSlope], config: {steps: 2, maxNonFinite: 9}});
  expect(Number.isFinite(steps[0]!.loss)).toBe(true);
  expect(steps[0]!.gradNorm).toBeNaN();
  expect(steps[0]!.updated).toBe(false);
  expect(weights[1]).toEqual(weights[0]);
});

test('with micro-steps one bad micro-batch spoils its step, and nothing of it stays in the sum', async () => {
  const config = {steps: 3, optim: {microSteps: 2, warmupSteps: 1, learningRate: 0.01}};
  const {steps, weights} = await runPoisoned({config, poisoned: index => index === 2});
  expect(steps.map(s => s.updated)).toEqual([true, false, true]);
  expect(weights[1]).toEqual(weights[0]);
  expect(weights[2]!['mix.weight']!.every(Number.isFinite)).toBe(true);
  expect(Number.isFinite(steps[2]!.gradNorm)).toBe(true);
});

test('with micro-steps a NaN loss is caught in each of them, also where its gradient is finite', async () => {
  // ln(gap - 1.5) is NaN at gap 1, and hangs on no parameter.
  const poison = tapping('afterLoss', ({terms, weights}, trace) => ({
    terms: {...terms, poison: tf.log(tf.sub<tf.Tensor1D>(trace.gap, 1.5))},
    weights: {...weights, poison: 1},
  }));
  const openBatches = async (request: BatchRequest) => {
    const source = new FakeBatches(request, () => false, [0.5, 0.5]);
    const next = async () => {
      const batch = await FakeBatches.prototype.next.call(source);
      return {...batch, gap: batch.gap.fill([2, 5].includes(batch.index) ? 1 : 2)};
    };
    return Object.assign(source, {next});
  };
  const config = {steps: 3, optim: {microSteps: 2, warmupSteps: 1, learningRate: 0.01}};
  const {steps, weights} = await runPoisoned({config, plugins: [poison], options: {openBatches}});
  expect(steps.map(s => Number.isFinite(s.gradNorm))).toEqual([true, true, true]);
  expect(steps.map(s => s.updated)).toEqual([true, false, false]);
  expect(weights[2]).toEqual(weights[0]);
});

test('onNaN learns what is known; the gradients hook does not see the step', async () => {
  const events: NonFiniteEvent[] = [];
  const seen: number[] = [];
  const spy = definePlugin({
    name: 'test:spy',
    apply({hooks}) {
      hooks.onNaN.tap('x', event => void events.push(structuredClone(event)));
      hooks.gradients.tap('x', gradients => (seen.push(1), gradients));
    },
  });
  await makeTrainer({plugins: [spy], poisoned: index => index === 2 || index === 3}).trainer.run();
  expect(events.map(e => [e.progress.step, e.consecutive])).toEqual([
    [2, 1],
    [3, 2],
  ]);
  expect(events[0]).toMatchObject({
    samples: ['clip2/0', 'clip2/1'],
    nonFiniteTerms: ['reconstruction', 'teacher'],
    updated: false,
    loss: NaN,
  });
  expect(seen).toHaveLength(4);
});

test('of a batch the samples whose own loss is not finite are named, and no others', async () => {
  const openBatches = async (request: BatchRequest) => new FakeBatches(request, () => false, [0.5, NaN]);
  const {trainer, lines} = makeTrainer({plugins: [verdict('stop')], options: {openBatches}});
  const error = await rejection(trainer.run());
  expect(error.message).toContain('samples: clip0/1 (gap 1). ');
  expect(lines.join('\n')).toContain('samples whose loss is not finite (1 of 2): clip0/1 (gap 1, t NaN)');
});

test('the first verdict wins', async () => {
  const asked: string[] = [];
  const tap = (name: string, value: 'skip' | 'stop' | undefined) =>
    tapping('onNaN', () => (asked.push(name), value as never), name);
  await makeTrainer({
    plugins: [tap('a', undefined), tap('b', 'skip'), tap('c', 'stop')],
    poisoned: i => i === 2,
  }).trainer.run();
  expect(asked).toEqual(['a', 'b']);
});

test('stop ends the run with an error that names step, terms, samples and gaps; checkpoints stay', async () => {
  const {trainer, out} = makeTrainer({plugins: [verdict('stop')], poisoned: index => index === 3});
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_NON_FINITE'});
  expect(error.message).toMatch(
    /Step 3 is not finite.*terms: reconstruction, teacher; samples: clip3\/0 \(gap 1\), clip3\/1 \(gap 1\)/,
  );
  // Behind the step that was not updated: what was learnt before it stays.
  expect(readFileSync(path.join(out, 'checkpoints/latest'), 'utf8')).toBe('step-00000004\n');
  expect(metricsLines(out).at(-1)).toMatchObject({
    step: 3,
    updated: false,
    loss: 'NaN',
    samples: ['clip3/0', 'clip3/1'],
  });
});

test('more than maxNonFinite in a row stop the run, whatever the verdict; a good step in between starts the count anew', async () => {
  const poisoned = (index: number) => index >= 3 || index === 1;
  const {trainer, steps} = makeTrainer({
    plugins: [verdict('skip')],
    poisoned,
    config: {steps: 99, maxNonFinite: 2},
  });
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_NON_FINITE'});
  expect(error.message).toContain('More than maxNonFinite = 2 steps in a row');
  expect(steps.map(s => s.updated)).toEqual([true, false, true, false, false, false]);
});

describe('rollback', () => {
  test('restores weights, moments and counters; the data goes on after the bad batch', async () => {
    const {steps, weights, sources, lines, summary, out} = await runPoisoned({
      plugins: [verdict('rollback')],
      poisoned: index => index === 3,
    });
    expect(steps.map(s => s.progress.step)).toEqual([0, 1, 2, 3, 2, 3, 4, 5]);
    expect(sources[0]!.given).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(summary.step).toBe(6);
    expect(lines.some(line => line.startsWith('warning: rolled back from step 3 to '))).toBe(true);
    const state = JSON.parse(
      readFileSync(path.join(out, 'checkpoints/step-00000006/state.json'), 'utf8'),
    ) as object;
    expect(state).toMatchObject({step: 6, updates: 6, dataIndex: 8});
    // The step after the rollback starts from the weights of step 2's end (index 1), on batch 4.
    const again = await runPoisoned({config: {steps: 6}, poisoned: () => false});
    expect(weights[1]).toEqual(again.weights[1]);
    expect(weights[4]).not.toEqual(weights[2]);
  });

  test('before the first saved step it goes back to the start', async () => {
    const {steps} = await runPoisoned({
      plugins: [verdict('rollback')],
      poisoned: index => index === 1,
      config: {saveEvery: 5},
    });
    expect(steps.map(s => s.progress.step)).toEqual([0, 1, 0, 1, 2, 3, 4, 5]);
  });

  test('plugins get their state back', async () => {
    const loaded: unknown[] = [];
    const counter = definePlugin({
      name: 'test:counter',
      apply({hooks}) {
        let count = 0;
        hooks.afterStep.tap('x', () => void (count += 1));
        hooks.save.tap('x', ({plugins}) => void (plugins['test:counter'] = count));
        hooks.load.tap('x', ({plugins}) => void loaded.push((count = plugins['test:counter'] as number)));
      },
    });
    await makeTrainer({
      plugins: [counter, verdict('rollback')],
      poisoned: index => index === 3,
    }).trainer.run();
    expect(loaded).toEqual([2]);
  });

  test('a run that meets the same end after each rollback stops', async () => {
    // Finite steps in between: the count in a row alone would never stop it.
    const {trainer, steps} = makeTrainer({
      plugins: [verdict('rollback')],
      poisoned: index => index % 2 === 1,
      config: {saveEvery: 50, steps: 100, maxNonFinite: 3},
    });
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_NON_FINITE'});
    expect(error.message).toContain('rolled back 3 times and came no further');
    expect(steps).toHaveLength(8);
  });
});

test('weights that a plugin spoiled never become a checkpoint', async () => {
  const spoil = tapping('gradients', gradients =>
    Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.div(g, 0)])),
  );
  const {trainer, out} = makeTrainer({plugins: [spoil], config: {saveEvery: 1, maxNonFinite: 1}});
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_NON_FINITE'});
  expect(error.message).toContain('plugins made the update not finite in float32, and it was not applied');
  const values = async (name: string) => readFileSync(path.join(out, 'checkpoints', name));
  expect(await values('step-00000001/optimizer.safetensors')).toEqual(
    await values('step-00000000/optimizer.safetensors'),
  );
});

test("a model's own bad term is named", async () => {
  const {FakeModel} = await import('./helpers/fakeModel.js');
  class Bad extends FakeModel {
    override losses(...args: Parameters<InstanceType<typeof FakeModel>['losses']>) {
      const losses = super.losses(...args);
      return {...losses, weights: {...losses.weights, teacher: undefined as never}};
    }
  }
  const {trainer} = makeTrainer({options: {networks: [fakeNetwork(options => new Bad(options))]}});
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_LOSS_TERM'});
  expect(error.message).toContain('Loss term "teacher" of model "Fake"');
});
