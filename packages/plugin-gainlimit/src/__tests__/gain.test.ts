import {loadRuntime} from '@rife-train/engine';
import * as tf from '@tensorflow/tfjs-core';
import {gainOf, limitChanges, limitGain} from '../index.js';

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

describe('limitChanges', () => {
  const limitChange = (before: tf.Tensor4D, next: tf.Tensor4D, most: number) =>
    limitChanges([{before, next}], most)[0]!;
  let before: tf.Tensor4D;
  let next: tf.Tensor4D;
  beforeAll(() => {
    before = kernelOf([
      [2, 0],
      [0, 1],
    ]);
    next = kernelOf([
      [2.6, 0],
      [0.2, 0.5],
    ]);
  });

  test('scales an update that changes the gain by too much', () => {
    const {change, kernel} = limitChange(before, next, 0.1);
    const size = change.dataSync()[0]!;
    expect(size).toBeCloseTo(gainOf(tf.sub(next, before)).value.dataSync()[0]! / 2, 5);
    const part = numbers(tf.sub(kernel, before));
    numbers(tf.sub(next, before)).forEach((value, i) => expect(part[i]).toBeCloseTo((value * 0.1) / size, 5));
    expect(limitChange(before, kernel, 1).change.dataSync()[0]).toBeCloseTo(0.1, 5);
  });

  test('leaves a smaller one as it is, bit for bit', () => {
    expect(numbers(limitChange(before, next, 0.4).kernel)).toEqual(numbers(next));
    expect(numbers(limitChange(before, next, Infinity).kernel)).toEqual(numbers(next));
    expect(numbers(limitChange(before, before, 0.01).kernel)).toEqual(numbers(before));
  });

  test('a layer of zeros can leave them', () => {
    const zeros = tf.zerosLike(before);
    const {kernel} = limitChange(zeros, next, 0.02);
    expect(gainOf(kernel).value.dataSync()[0]).toBeCloseTo(0.02 * 0.1, 6);
  });

  test('what is not finite stays so', () => {
    const broken = tf.mul<tf.Tensor4D>(next, NaN);
    expect(numbers(limitChange(before, broken, 0.02).kernel).every(Number.isNaN)).toBe(true);
  });

  test('kernels of several shapes, each by its own gain, in their order', () => {
    const [wide, small] = [kernelOf([[1, 2, 2]]), kernelOf([[3]])];
    const pairs = [
      {before: wide, next: tf.mul<tf.Tensor4D>(wide, 1.5)},
      {before: before, next: tf.mul<tf.Tensor4D>(before, 1.1)},
      {before: small, next: small},
      {before: wide, next: tf.mul<tf.Tensor4D>(wide, 0.7)},
    ];
    const updates = limitChanges(pairs, 0.2);
    const expected = [0.5, 0.1, 0, 0.3];
    updates.forEach(({change}, i) => expect(change.dataSync()[0]).toBeCloseTo(expected[i]!, 5));
    const gains = updates.map(({kernel}) => gainOf(kernel).value.dataSync()[0]!);
    [3.6, 2.2, 3, 2.4].forEach((gain, i) => expect(gains[i]).toBeCloseTo(gain, 4));
  });

  test('a matrix whose singular values are all equal is measured, however small', () => {
    const flat = tf.reshape(tf.mul(tf.eye(240), 1e-7), [1, 1, 240, 240]) as tf.Tensor4D;
    expect(gainOf(flat).value.dataSync()[0]! / 1e-7).toBeCloseTo(1, 4);
  });
});
