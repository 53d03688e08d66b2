import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {finiteDifferences, gradientError, seededRandom} from '../index.js';

beforeAll(async () => {
  await loadRuntime();
});

test('accepts a right gradient of two inputs', () => {
  const inputs = [tf.tensor1d([0.5, -1, 2]), tf.tensor1d([1, 2, 3])];
  expect(gradientError((a, b) => tf.mul(tf.square(a!), b!), inputs)).toBeLessThan(1e-3);
});

test('finds a gradient that is wrong in one input only', () => {
  const wrong = tf.customGrad((a, b) => ({
    value: tf.mul(a as tf.Tensor, b as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [tf.mul(dy, b as tf.Tensor), dy],
  }));
  const found = finiteDifferences((a, b) => wrong(a!, b!), [tf.tensor1d([2, 3]), tf.tensor1d([4, 5])]);
  expect(Math.max(...found.filter(d => d.input === 0).map(d => d.error))).toBeLessThan(1e-3);
  expect(Math.max(...found.filter(d => d.input === 1).map(d => d.error))).toBeGreaterThan(0.1);
});

test('leaks no tensors', () => {
  const x = tf.tensor1d([1, 2]);
  finiteDifferences(a => tf.square(a!), [x]); // the op's constants may be created once
  const before = tf.memory().numTensors;
  finiteDifferences(a => tf.square(a!), [x]);
  expect(tf.memory().numTensors).toBe(before);
});

test('the seeded generator repeats itself and stays in [0,1)', () => {
  const draw = (seed: number) => Array.from({length: 1000}, seededRandom(seed));
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
  const mean = draw(3).reduce((a, b) => a + b) / 1000;
  expect(Math.min(...draw(3))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draw(3))).toBeLessThan(1);
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});
