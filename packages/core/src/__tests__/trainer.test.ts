import * as tf from '@tensorflow/tfjs-core';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {ModelOptions} from '../contract/index.js';
import {HOOK_NAMES} from '../plugins/hooks.js';
import {learningRateAt} from '../optim/schedule.js';
import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, metricsLines, rejection, tapping} from './helpers/harness.js';

test('trains: the loss goes down, each step is logged, the end is saved', async () => {
  const {trainer, steps, sources, engine, out} = makeTrainer({config: {steps: 40}});
  const summary = await trainer.run();
  expect(summary).toEqual({
    step: 40,
    steps: 40,
    reason: 'finished',
    checkpoint: path.join(out, 'checkpoints/step-00000040'),
  });
  expect(steps).toHaveLength(40);
  expect(steps[39]!.loss).toBeLessThan(0.7 * steps[0]!.loss);
  expect(metricsLines(out).map(({step}) => step)).toEqual(steps.map((_, i) => i));
  expect(sources[0]!.closed).toBe(true);
  expect(engine.program!.disposed).toBe(true);
});

test('metrics are those of the step: terms, weighted per-sample loss, norm, flow, rate', async () => {
  const {trainer, steps} = makeTrainer({config: {steps: 2}});
  await trainer.run();
  const [first, second] = steps;
  const {reconstruction, teacher, distill} = first!.terms as Record<string, number>;
  expect(first!.loss).toBeCloseTo(reconstruction! + 0.5 * teacher! + 0.01 * distill!, 6);
  expect(first!.perSample.map(s => s.gap)).toEqual([1, 1]);
  expect((first!.perSample[0]!.loss + first!.perSample[1]!.loss) / 2).toBeCloseTo(first!.loss, 6);
  expect(first!.gradNorm).toBeGreaterThan(0);
  expect(first!.maxFlow).toBeGreaterThan(0);
  expect([first!.learningRate, second!.learningRate]).toEqual([0, 0.01]);
  expect(first!.samples).toEqual(['clip0/0', 'clip0/1']);
  expect(first!.updated).toBe(true);
});

test('the norm is that of all gradients as one vector', async () => {
  const {trainer, engine, steps} = makeTrainer({config: {steps: 1}});
  let squares = 0;
  trainer.hooks.afterStep.tapPromise('read', async () => {
    const names = ['mix.weight', 'mix.bias', 'flow.scale'].map(name => `grad/${name}`);
    const gradients = await engine.program!.readVariables(names);
    squares = [...gradients.values()].flatMap(values => [...values]).reduce((sum, g) => sum + g * g, 0);
  });
  await trainer.run();
  expect(steps[0]!.gradNorm / Math.sqrt(squares)).toBeCloseTo(1, 6);
});

test('hooks fire in the documented order', async () => {
  const fired: string[] = [];
  const {trainer} = makeTrainer({config: {steps: 2, validateEvery: 2}});
  for (const name of HOOK_NAMES)
    (trainer.hooks[name].tap as (name: string, fn: unknown) => void)('spy', (value: unknown) => {
      fired.push(name);
      return ['beforeUpdate', 'onNaN'].includes(name) ? undefined : value;
    });
  await trainer.run();
  const step = [
    'sampling',
    'beforeStep',
    'flow',
    'afterLoss',
    'beforeUpdate',
    'gradients',
    'parameters',
    'averages',
    'afterStep',
  ];
  expect(fired).toEqual(['config', 'model', 'save', ...step, ...step, 'validate', 'save', 'done']);
});

test('the config and model hooks change what the run is built from', async () => {
  const seen: string[] = [];
  const create = (options: ModelOptions) => (seen.push(options.name), new FakeModel(options));
  const {trainer, steps} = makeTrainer({
    plugins: [
      tapping('config', config => ({...config, steps: 3}), 'a:config'),
      tapping('model', options => ({...options, name: 'changed'}), 'a:model'),
    ],
    options: {networks: [fakeNetwork(), fakeNetwork(create, 'changed')]},
  });
  await trainer.run();
  expect(seen).toEqual(['changed']);
  expect(steps).toHaveLength(3);
});

test('the sampling hook decides the gaps as a function of the batch number', async () => {
  const {trainer, steps} = makeTrainer({
    plugins: [tapping('sampling', (policy, {step}) => ({...policy, maxGap: 1 + step}))],
  });
  await trainer.run();
  expect(steps.map(({policy, perSample}) => [policy.maxGap, perSample[0]!.gap])).toEqual(
    [1, 2, 3, 4, 5, 6].map(gap => [gap, gap]),
  );
});

test('afterLoss adds a term weighted by a declared scalar and by gap; logs arrive in the metrics', async () => {
  const value = ({step}: {step: number}) => step / 10;
  const plugin = tapping('afterLoss', ({terms, weights}, trace) => {
    const weight = trace.scalar('test.weight', value);
    trace.log('test/weight', weight);
    const extra = tf.onesLike(terms['teacher']!) as tf.Tensor1D;
    const perGap = tf.mul<tf.Tensor1D>(weight, trace.gap);
    return {terms: {...terms, extra}, weights: {...weights, extra: perGap}};
  });
  const {trainer, steps} = makeTrainer({plugins: [plugin], config: {data: {root: 'x', gaps: [1, 3]}}});
  await trainer.run();
  for (const [i, {loss, terms, logs}] of steps.entries()) {
    expect(terms['extra']).toBe(1);
    expect(logs['test/weight']).toBeCloseTo(i / 10, 6);
    const stock = terms['reconstruction']! + 0.5 * terms['teacher']! + 0.01 * terms['distill']!;
    expect(loss - stock).toBeCloseTo((3 * i) / 10, 5);
  }
});

test('what taps of afterStep add to the logs is in the metrics file; PSNR comes with a model that reports its error', async () => {
  class Telling extends FakeModel {
    override losses(...args: Parameters<FakeModel['losses']>) {
      return {...super.losses(...args), squaredError: tf.fill([2], 0.01) as tf.Tensor1D};
    }
  }
  const adding = tapping('afterStep', ({logs, perSample}) => {
    logs['test/added'] = perSample[1]!.psnr!;
  });
  const made = makeTrainer({
    plugins: [adding],
    options: {networks: [fakeNetwork(options => new Telling(options))]},
  });
  await made.trainer.run();
  expect(made.steps[0]!.perSample[0]!.psnr).toBeCloseTo(20, 4);
  const [line] = metricsLines(made.out) as {logs: Record<string, number>}[];
  expect(JSON.stringify(line)).toContain('"test/added":20');
});

test('the step is in the metrics file although a tap of afterStep throws', async () => {
  const broken = tapping('afterStep', () => {
    throw new Error('no');
  });
  const made = makeTrainer({plugins: [broken]});
  expect(await rejection(made.trainer.run())).toMatchObject({code: 'RIFE_ERR_PLUGIN', hook: 'afterStep'});
  expect(metricsLines(made.out)).toHaveLength(1);
});

test('a trace says whether it is of training', async () => {
  const seen = new Set<boolean>();
  const {trainer} = makeTrainer({
    plugins: [tapping('flow', (flow, _info, trace) => (seen.add(trace.training), flow))],
    config: {steps: 1},
  });
  trainer.hooks.afterStep.tapPromise('x', async () => {
    const one = {gap: Float32Array.of(1), timestep: Float32Array.of(0.5)};
    await trainer.predict({images: new Uint8Array(4 * 4 * 6), shape: [1, 4, 4], ...one});
  });
  await trainer.run();
  expect([...seen]).toEqual([true, false]);
});

test('a term of weight 0 is left out: its NaN does not reach the loss', async () => {
  const {trainer, steps} = makeTrainer({
    plugins: [
      tapping('afterLoss', ({terms, weights}) => ({
        terms: {...terms, bad: tf.log(tf.sub<tf.Tensor1D>(tf.zerosLike(terms['teacher']!), 1))},
        weights: {...weights, bad: 0},
      })),
    ],
  });
  await trainer.run();
  expect(steps[0]!.terms['bad']).toBeNaN();
  expect(steps.every(({updated}) => updated)).toBe(true);
});

test('the flow hook replaces the flow that the model goes on with, in training and prediction', async () => {
  const {trainer, steps} = makeTrainer({
    config: {steps: 1},
    plugins: [tapping('flow', flow => tf.add<tf.Tensor4D>(tf.mul(flow, 0), 7))],
  });
  let predicted: Float32Array | undefined;
  trainer.hooks.afterStep.tapPromise('preview', async () => {
    const feeds = {gap: Float32Array.of(1), timestep: Float32Array.of(0.5)};
    const result = await trainer.predict({images: new Uint8Array(2 * 2 * 6), shape: [1, 2, 2], ...feeds});
    expect(result.refined.shape).toEqual([1, 2, 2, 3]);
    predicted = result.flow.values as Float32Array;
  });
  await trainer.run();
  expect(steps[0]!.maxFlow).toBe(7);
  expect([...predicted!]).toEqual(new Array(16).fill(7));
});

test('the gradients hook changes what the optimizer sees, not the reported norm', async () => {
  const run = async (factor: number) => {
    const plugin = tapping('gradients', grads =>
      Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, factor)])),
    );
    const {trainer, steps, engine} = makeTrainer({plugins: [plugin], config: {steps: 2}});
    let weights: Float32Array | undefined;
    trainer.hooks.done.tapPromise('read', async () => {
      weights = (await engine.program!.readVariables(['mix.weight', 'adam.m/mix.weight'])).get(
        'adam.m/mix.weight',
      );
    });
    await trainer.run();
    return {norm: steps[0]!.gradNorm, weights: weights!};
  };
  const plain = await run(1);
  const halved = await run(0.5);
  expect(halved.norm).toBe(plain.norm);
  plain.weights.forEach((m, i) => expect(halved.weights[i]).toBeCloseTo(m / 2, 3));
});

test('two micro-steps give the gradient of the mean over both batches, each step anew', async () => {
  const lastOf = async (microSteps: number, steps: number) => {
    const made = makeTrainer({
      // So small a rate that no weight moves: gradients depend on the batches alone.
      config: {steps, optim: {microSteps, warmupSteps: 0, learningRate: 1e-30, finalLearningRate: 0}},
    });
    let gradient: Float32Array | undefined;
    made.trainer.hooks.done.tapPromise('read', async () => {
      gradient = (await made.engine.program!.readVariables(['grad/mix.bias'])).get('grad/mix.bias');
    });
    await made.trainer.run();
    return {gradient: gradient!, samples: made.steps[0]!.samples.length, given: made.sources[0]!.given};
  };
  const single: Float32Array[] = [];
  for (const steps of [1, 2, 3, 4]) single.push((await lastOf(1, steps)).gradient);
  for (const steps of [1, 2]) {
    const {gradient, samples, given} = await lastOf(2, steps);
    expect(samples).toBe(4);
    expect(given).toEqual([0, 1, 2, 3].slice(0, 2 * steps));
    const [a, b] = single.slice(2 * steps - 2);
    gradient.forEach((g, i) => expect(g).toBeCloseTo((a![i]! + b![i]!) / 2, 6));
  }
});

test('an aborted signal finishes the step, saves and says so', async () => {
  const {trainer, steps, out} = makeTrainer({config: {steps: 100, saveEvery: 50}});
  const abort = new AbortController();
  trainer.hooks.afterStep.tap('abort', ({progress}) => {
    if (progress.step === 2) abort.abort();
  });
  const summary = await trainer.run({signal: abort.signal});
  expect(summary).toMatchObject({step: 3, steps: 100, reason: 'interrupted'});
  expect(steps).toHaveLength(3);
  expect(readFileSync(path.join(out, 'checkpoints/latest'), 'utf8')).toBe('step-00000003\n');
});

test('no tensor is left over by a step', async () => {
  const {trainer} = makeTrainer({
    config: {steps: 6, saveEvery: 100},
    plugins: [
      tapping('gradients', (grads, trace) => {
        trace.log('test/norm', tf.norm(grads['mix.bias']!) as tf.Scalar);
        return grads;
      }),
    ],
  });
  const counts: number[] = [];
  trainer.hooks.afterStep.tap('count', () => void counts.push(tf.memory().numTensors));
  await trainer.run();
  expect(new Set(counts).size).toBe(1);
});

test('a failure reaches the fail hook, closes everything and is thrown on', async () => {
  const {trainer, engine, sources} = makeTrainer();
  const seen: unknown[] = [];
  trainer.hooks.fail.tap('spy', error => void seen.push(error));
  trainer.hooks.beforeStep.tap('boom', () => {
    throw new Error('boom');
  });
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({
    code: 'RIFE_ERR_PLUGIN',
    plugin: 'boom',
    hook: 'beforeStep',
    cause: {message: 'boom'},
  });
  expect(seen).toEqual([error]);
  expect(sources[0]!.closed).toBe(true);
  expect(engine.program!.disposed).toBe(true);
});

test('a trainer runs once, and predicts only while it runs', async () => {
  const {trainer} = makeTrainer({config: {steps: 1}});
  await trainer.run();
  expect(await rejection(trainer.run())).toMatchObject({code: 'RIFE_ERR_TRAINER_STATE'});
  const nothing = new Float32Array();
  const request = {images: new Uint8Array(), shape: [1, 2, 2] as const, gap: nothing, timestep: nothing};
  expect(await rejection(trainer.predict(request))).toMatchObject({code: 'RIFE_ERR_TRAINER_STATE'});
});

test('the rate follows the schedule of the whole run', async () => {
  const optim = {learningRate: 0.01, finalLearningRate: 0.001, warmupSteps: 2};
  const {trainer, steps} = makeTrainer({config: {optim, steps: 5}});
  await trainer.run();
  expect(steps.map(s => s.learningRate)).toEqual([0, 1, 2, 3, 4].map(step => learningRateAt(step, 5, optim)));
});
