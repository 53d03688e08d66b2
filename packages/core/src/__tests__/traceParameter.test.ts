import * as tf from '@tensorflow/tfjs-core';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';
import './helpers/registries.js';

const CONFIG = {steps: 1, optim: {learningRate: 0.01, warmupSteps: 0, weightDecay: 0}};

test("a tap of gradients gets the parameter's value at the start of the step, and its spec", async () => {
  const specs: unknown[] = [];
  const plugin = tapping('gradients', (gradients, trace) => {
    const {value, spec} = trace.parameter('mix.weight');
    specs.push(spec);
    trace.log('test/sum', tf.sum<tf.Scalar>(value));
    return gradients;
  });
  const {trainer, engine, steps} = makeTrainer({plugins: [plugin], config: CONFIG});
  let sum = 0;
  trainer.hooks.beforeStep.tapPromise('read', async () => {
    const values = (await engine.program!.readVariables(['mix.weight'])).get('mix.weight')!;
    sum = values.reduce((a, b) => a + b);
  });
  await trainer.run();
  expect(specs).toContainEqual({name: 'mix.weight', shape: [6, 3], fileShape: [3, 6]});
  expect(steps[0]!.logs['test/sum']).toBeCloseTo(sum, 5);
});

test('a loss term that is computed from a parameter has a gradient', async () => {
  const alone = tapping('afterLoss', ({terms}, trace) => {
    const {value} = trace.parameter('mix.bias');
    const penalty = tf.mul<tf.Tensor1D>(tf.onesLike(terms['teacher']!), tf.sum(value));
    return {terms: {penalty}, weights: {penalty: 1}};
  });
  const {trainer, engine} = makeTrainer({plugins: [alone], config: CONFIG});
  let gradient: number[] = [];
  trainer.hooks.afterStep.tapPromise('read', async () => {
    gradient = [...(await engine.program!.readVariables(['grad/mix.bias'])).get('grad/mix.bias')!];
  });
  await trainer.run();
  expect(gradient).toEqual([1, 1, 1]);
});

test('an unknown name is refused', async () => {
  const plugin = tapping('gradients', (gradients, trace) => (trace.parameter('mix.wieght'), gradients));
  const error = await rejection(makeTrainer({plugins: [plugin]}).trainer.run());
  expect(error).toMatchObject({
    code: 'RIFE_ERR_TRACE_PARAMETER',
    plugin: 'test:plugin',
    hook: 'gradients',
  });
  expect(error.message).toContain('"mix.wieght"');
});
