import {loadRuntime} from '@rife-train/engine';
import * as tf from '@tensorflow/tfjs-core';
import {gainOf, limitGain} from '../index.js';

beforeAll(() => loadRuntime());

/** [2,2,I,O] whose taps sum up to `matrix` [I][O], unevenly. */
function kernelOf(matrix: number[][]): tf.Tensor4D {
  const whole = tf.tensor2d(matrix);
  const taps = [0.1, 0.2, 0.3, 0.4].map(share => tf.mul(whole, share));
  return tf.reshape(tf.stack(taps), [2, 2, whole.shape[0], whole.shape[1]]) as tf.Tensor4D;
}
const numbers = (x: tf.Tensor) => [...x.dataSync()];
const limited = (kernel: tf.Tensor4D, bound: number) => limitGain(kernel, gainOf(kernel), tf.scalar(bound));

test('the gain is the largest singular value of the summed kernel', () => {
  // [[3,0],[4,5]]: its singular values are sqrt(45) and sqrt(5).
  const {value, from, to} = gainOf(
    kernelOf([
      [3, 0],
      [4, 5],
    ]),
  );
  expect(value.dataSync()[0]).toBeCloseTo(Math.sqrt(45), 5);
  expect(Math.hypot(...numbers(from))).toBeCloseTo(1, 5);
  expect(Math.hypot(...numbers(to))).toBeCloseTo(1, 5);
});

test('a kernel that is not square', () => {
  const {value} = gainOf(kernelOf([[1, 2, 2]]));
  expect(value.dataSync()[0]).toBeCloseTo(3, 5);
});

test('only the excess in the one direction is taken off', () => {
  const kernel = kernelOf([
    [3, 0],
    [0, 1],
  ]);
  const sum = numbers(tf.sum(limited(kernel, 2), [0, 1]));
  [2, 0, 0, 1].forEach((value, i) => expect(sum[i]).toBeCloseTo(value, 4));
  expect(gainOf(limited(kernel, 2)).value.dataSync()[0]).toBeCloseTo(2, 4);
  // Evenly over the taps: each loses a quarter of it.
  const [first] = numbers(limited(kernel, 2));
  expect(first).toBeCloseTo(0.1 * 3 - 1 / 4, 5);
});

test('at or below the bound a kernel comes out bit for bit', () => {
  const kernel = kernelOf([
    [0.3, -0.7],
    [0.1, 0.9],
  ]);
  expect(numbers(limited(kernel, 1.5))).toEqual(numbers(kernel));
  expect(numbers(limited(kernel, Infinity))).toEqual(numbers(kernel));
});

test('a kernel of zeros stays zero', () => {
  const zeros = tf.zeros<tf.Rank.R4>([3, 3, 4, 4]);
  expect(gainOf(zeros).value.dataSync()[0]).toBe(0);
  expect(numbers(limited(zeros, 1)).every(value => value === 0)).toBe(true);
});

test.each([NaN, Infinity])('%s stays in the kernel', broken => {
  const kernel = kernelOf([
    [broken, 0],
    [0, 1],
  ]);
  expect(numbers(limited(kernel, 1.5)).some(value => !Number.isFinite(value))).toBe(true);
});
