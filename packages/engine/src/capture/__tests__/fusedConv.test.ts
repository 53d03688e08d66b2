/** The kernels of native/conv3x3.cc against TensorFlow's convolutions, both captured. */
import {readFileSync} from 'node:fs';
import type {HostTensor} from '@rife-train/core';
import {seededRandom} from '@rife-train/testing';
import type * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '../../index.js';
import {conv2d, conv2dPrelu, deconvPrelu} from '../../ops/index.js';
import {hasOwnConvs, hasOwnKernels} from '../ownKernels.js';
import {type Build, expectAlike, type Feeds, run, SWITCH, withGradients} from './support/bothKernels.js';

afterEach(() => {
  delete process.env[SWITCH];
});

const random = (shape: number[], scale: number, seed: number) => {
  const next = seededRandom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return {shape, values: Float32Array.from({length: size}, () => (2 * next() - 1) * scale)};
};

function convFeeds([batch, height, width, channels]: number[], filters: number): Feeds {
  return {
    x: random([batch!, height!, width!, channels!], 1, 1),
    weight: random([3, 3, channels!, filters], Math.sqrt(1 / channels!), 2),
    bias: random([filters], 0.5, 3),
    slope: random([filters], 0.5, 4),
    dy: random([batch!, height!, width!, filters], 1, 5),
  };
}
const CONV = ['x', 'weight', 'bias'];
const convolution = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
  conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, bias as tf.Tensor1D);
const withPrelu = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, slope: tf.Tensor) =>
  conv2dPrelu(x as tf.Tensor4D, weight as tf.Tensor4D, bias as tf.Tensor1D, slope as tf.Tensor1D);

/**
 * Of the largest value. The largest difference seen is 2.1e-6, of sums of 2,160 products that
 * both sides round.
 */
const BOUND = 5e-6;

test('the engine of these tests has the kernels, where the processor has AVX2', async () => {
  const backend = await loadRuntime();
  const hasAvx2 = process.arch === 'x64' && /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const isByGcc = hasOwnKernels(backend) && !/clang/.test(process.env['CXX'] ?? '');
  const expected = hasAvx2 && isByGcc;
  // Else the comparisons below compare TensorFlow's convolutions with themselves.
  if (!expected) console.warn("not compared: TensorFlow's convolutions are used here");
  expect(hasOwnConvs(backend.binding)).toBe(expected);
});

test.each([
  ['whole tiles and vectors', [2, 12, 14, 32], 48],
  ['odd height, width and channels', [3, 13, 7, 33], 41],
  ['a line of pixels', [2, 1, 160, 35], 32],
  ['a column of pixels', [1, 300, 1, 32], 35],
  ["the layers of RIFE's last block", [1, 20, 20, 90], 90],
  ['more tiles than are added at a time', [1, 50, 46, 32], 32],
  ['many channels', [1, 16, 16, 240], 144],
])('convolution: %s', async (_, shape, filters) => {
  const feeds = convFeeds(shape, filters);
  for (const build of [withGradients(convolution, CONV), withGradients(withPrelu, [...CONV, 'slope'])]) {
    const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
    expect(Object.keys(own!).length).toBe(Object.keys(composed!).length);
    for (const name of Object.keys(own!)) expectAlike(own![name]!, composed![name]!, false, BOUND);
  }
});

test('convolution: as near to float64 as TensorFlow is', async () => {
  const [shape, filters] = [[1, 18, 18, 90], 90];
  const feeds = convFeeds(shape, filters);
  const build: Build = ({x, weight, bias}) => [convolution(x!, weight!, bias!)];
  const exact = convolved(feeds, shape, filters);
  const errorOf = async (own: boolean) => {
    const [{out0}] = (await run(own, feeds, build)) as [Record<string, HostTensor>];
    return Math.sqrt(
      (out0!.values as Float32Array).reduce((sum, y, i) => sum + (y - exact[i]!) ** 2, 0) / exact.length,
    );
  };
  const [own, composed] = [await errorOf(true), await errorOf(false)];
  expect(own).toBeLessThan(3e-7);
  expect(own).toBeLessThan(4 * composed);
});

/** The definition, in float64. */
function convolved(
  {x, weight, bias}: Feeds,
  [, height, width, channels]: number[],
  filters: number,
): number[] {
  const values: number[] = [];
  for (let row = 0; row < height!; row++)
    for (let column = 0; column < width!; column++)
      for (let o = 0; o < filters; o++) {
        let sum = bias!.values[o]!;
        for (let tap = 0; tap < 9; tap++) {
          const [r, c] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
          if (r < 0 || c < 0 || r >= height! || c >= width!) continue;
          for (let i = 0; i < channels!; i++)
            sum +=
              x!.values[(r * width! + c) * channels! + i]! *
              weight!.values[(tap * channels! + i) * filters + o]!;
        }
        values.push(sum);
      }
  return values;
}

test('convolution: the same bits in every run', async () => {
  const feeds = convFeeds([2, 34, 34, 48], 40);
  const results = await run(true, feeds, withGradients(withPrelu, [...CONV, 'slope']), 6);
  for (const result of results)
    for (const name of Object.keys(result)) expectAlike(result[name]!, results[0]![name]!, true);
});

test('convolution: NaN comes out, and stays in its neighbourhood', async () => {
  const feeds = convFeeds([1, 16, 16, 32], 32);
  feeds['x']!.values.set([NaN], (8 * 16 + 8) * 32);
  const [{out0}] = (await run(true, feeds, ({x, weight, bias}) => [convolution(x!, weight!, bias!)])) as [
    Record<string, HostTensor>,
  ];
  const isNumber = (row: number, column: number) => Number.isFinite(out0!.values[(row * 16 + column) * 32]!);
  for (const [row, column] of [
    [7, 7],
    [8, 8],
    [9, 9],
  ])
    expect(isNumber(row!, column!)).toBe(false);
  // A tile reads one pixel around it.
  for (const [row, column] of [
    [5, 8],
    [10, 8],
    [8, 5],
    [8, 10],
  ])
    expect(isNumber(row!, column!)).toBe(true);
});

test('convolution: with bf16, values are rounded as ever', async () => {
  const feeds = convFeeds([1, 16, 16, 32], 32);
  feeds['bias']!.values.fill(0);
  const build: Build = ({x, weight, bias}) => [convolution(x!, weight!, bias!)];
  const [{out0}] = (await run(true, feeds, build, 1, {bf16: 'rounded'})) as [Record<string, HostTensor>];
  const bits = new Uint32Array(Float32Array.from(out0!.values).buffer);
  expect(bits.filter(value => (value & 0xffff) !== 0)).toHaveLength(0);
});

test('bias and PReLU after a transposed convolution', async () => {
  const feeds = {
    x: random([2, 9, 7, 12], 1, 1),
    weight: random([4, 4, 10, 12], 0.3, 2),
    bias: random([10], 0.5, 3),
    slope: random([10], 0.5, 4),
    dy: random([2, 18, 14, 10], 1, 5),
  };
  const build = withGradients(
    (x, w, b, a) => deconvPrelu(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D, a as tf.Tensor1D),
    [...CONV, 'slope'],
  );
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  for (const name of Object.keys(own!)) expectAlike(own![name]!, composed![name]!, false);
});
