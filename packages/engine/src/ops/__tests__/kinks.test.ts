/** Values and gradients where a function has a kink or a tie, as PyTorch has them. */
import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '../../runtime/index.js';
import * as ops from '../index.js';

const list = (x: tf.Tensor) => [...x.dataSync()];
const image = (x: tf.Tensor) => x as tf.Tensor4D;

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

test('abs has gradient 0 at 0', () => {
  expect(list(tf.grad(ops.abs)(tf.tensor1d([-2, 0, 3])))).toEqual([-1, 0, 1]);
  expect(list(tf.grad(x => ops.meanAbsPerSample(image(x)))(tf.tensor4d([-2, 0], [1, 1, 2, 1])))).toEqual([
    -0.5, 0,
  ]);
});

test('clamp01 has no gradient outside and at both ends', () => {
  const x = tf.tensor1d([-1, 0, 0.5, 1, 2]);
  expect(list(ops.clamp01(x))).toEqual([0, 0, 0.5, 1, 1]);
  expect(list(tf.grad(ops.clamp01)(x))).toEqual([0, 0, 1, 0, 0]);
});

test('maxPool2 gives all of the gradient to the first of equal values, as PyTorch does', () => {
  // Torch 2.15: F.max_pool2d(x, 2) of these rows, and its gradient for dy = 1, 2, 3.
  const x = tf.tensor4d([0, 0, 1, 5, 3, 3, 0, 0, 5, 5, 2, 3], [1, 2, 6, 1]);
  expect(list(ops.maxPool2(image(x)))).toEqual([0, 5, 3]);
  const dy = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
  expect(list(tf.grad(y => ops.maxPool2(image(y)))(x, dy))).toEqual([1, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
});

test('prelu at 0: the slope to x, nothing to the slope', () => {
  const x = tf.tensor4d([0, 0], [1, 1, 1, 2]);
  const f = (y: tf.Tensor, a: tf.Tensor) => ops.prelu(image(y), a as tf.Tensor1D);
  const [dx, dSlope] = tf.grads(f)([x, tf.tensor1d([0.25, 3])]);
  expect(list(dx!)).toEqual([0.25, 3]);
  expect(list(dSlope!)).toEqual([0, 0]);
});

test("leakyRelu at 0 has PyTorch's gradient, the slope below 0", () => {
  const x = tf.tensor1d([-2, 0, 3]);
  expect(list(ops.leakyRelu(x, 0.25))).toEqual([-0.5, 0, 3]);
  expect(list(tf.grad(y => ops.leakyRelu(y, 0.25))(x))).toEqual([0.25, 0.25, 1]);
});

test('depthToSpace fills a block row by row', () => {
  // Two channels: 0 to 3 are the pixels of the first, 10 to 13 those of the second.
  const x = tf.tensor4d([0, 10, 1, 11, 2, 12, 3, 13], [1, 1, 1, 8]);
  expect(ops.depthToSpace(x, 2).arraySync()).toEqual([
    [
      [
        [0, 10],
        [1, 11],
      ],
      [
        [2, 12],
        [3, 13],
      ],
    ],
  ]);
});

test('stopGradient is the identity without a gradient', () => {
  const x = tf.tensor1d([2, 3]);
  expect(list(ops.stopGradient(x))).toEqual([2, 3]);
  expect(list(tf.grad(y => tf.mul(ops.stopGradient(y), y))(x))).toEqual([2, 3]);
});
