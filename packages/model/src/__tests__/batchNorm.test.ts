/** Batch norm: gradient against finite differences, statistics against their definition. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {gradientError} from '@rife-train/testing';
import {runningNorm, trainingNorm} from '../batchNorm.js';

const list = (x: tf.Tensor) => [...x.dataSync()];
const x = () => tf.randomUniform([2, 3, 4, 3], -1, 2, 'float32', 3) as tf.Tensor4D;
const given = (): NamedTensors => ({
  'c.norm.weight': tf.tensor1d([0.5, 1.5, -1]),
  'c.norm.bias': tf.tensor1d([0.1, -0.2, 0.3]),
  'c.norm.running_mean': tf.tensor1d([0, 1, -1]),
  'c.norm.running_var': tf.tensor1d([1, 4, 0.25]),
});

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

test('gradients to input, gain and shift run through mean and variance', () => {
  const f = (image: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor) =>
    trainingNorm({...given(), 'c.norm.weight': gain, 'c.norm.bias': shift}, {})('c', image as tf.Tensor4D);
  const p = given();
  expect(gradientError(f as never, [x(), p['c.norm.weight']!, p['c.norm.bias']!])).toBeLessThan(1e-3);
});

test('training: mean 0 and variance 1 before gain and shift; a tenth of the way to the unbiased statistics', () => {
  const next: NamedTensors = {};
  const image = x();
  const p = {...given(), 'c.norm.weight': tf.ones([3]), 'c.norm.bias': tf.zeros([3])};
  const {mean, variance} = tf.moments(trainingNorm(p, next)('c', image), [0, 1, 2]);
  for (const m of list(mean)) expect(m).toBeCloseTo(0, 5);
  for (const v of list(variance)) expect(v).toBeCloseTo(1, 4);
  const own = tf.moments(image, [0, 1, 2]);
  const [n, means, variances] = [24, list(own.mean), list(own.variance)];
  const expected = {
    'c.norm.running_mean': [0, 1, -1].map((m, i) => 0.9 * m + 0.1 * means[i]!),
    'c.norm.running_var': [1, 4, 0.25].map((v, i) => 0.9 * v + (0.1 * variances[i]! * n) / (n - 1)),
  };
  expect(Object.keys(next)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected))
    list(next[name]!).forEach((v, i) => expect(v).toBeCloseTo(values[i]!, 5));
});

test('prediction: the running statistics, whatever the batch', () => {
  const image = tf.fill([1, 2, 2, 3], 2) as tf.Tensor4D;
  const expected = [0, 1, 2].map(c => {
    const [gain, shift, mean, variance] = Object.values(given()).map(t => list(t)[c]!);
    return ((2 - mean!) / Math.sqrt(variance! + 1e-5)) * gain! + shift!;
  });
  list(runningNorm(given())('c', image)).forEach((v, i) => expect(v).toBeCloseTo(expected[i % 3]!, 5));
});

test('names a missing statistic', () => {
  const {'c.norm.running_var': _, ...rest} = given();
  expect(() => runningNorm(rest)('c', x())).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_MODEL_PARAMETER',
      message: expect.stringContaining('running_var'),
    }),
  );
});
