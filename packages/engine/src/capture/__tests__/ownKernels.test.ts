/**
 * The kernels of native/rifeOps.cc and optimizer.cc against the same ops composed of TensorFlow's,
 * both captured.
 */
import type {AdamWTensors, HostTensor} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, loadRuntime} from '../../index.js';
import {prelu, warp, warpFrom, warpSource} from '../../ops/index.js';
import {hasOwnKernels} from '../ownKernels.js';
import {type Build, expectAlike, noise, run, SWITCH, withGradients} from './support/bothKernels.js';

afterEach(() => {
  delete process.env[SWITCH];
});

test('the engine of these tests has the kernels', async () => {
  const backend = await loadRuntime();
  // A stock tfjs-node has none; then the comparisons below compare the composed ops with
  // themselves.
  if (!hasOwnKernels(backend)) console.warn('this engine has no kernels of ours: composed ops are used');
  process.env[SWITCH] = '0';
  expect(hasOwnKernels(backend)).toBe(false);
});

test.each([[[1, 2, 2, 1]], [[2, 17, 9, 3]], [[3, 40, 33, 90]]])('prelu %p', async shape => {
  const channels = shape[3]!;
  const feeds = {x: noise(shape, 2, 1), slope: noise([channels], 1, 2), dy: noise(shape, 1, 3)};
  feeds.x.values.set([0, -0, Infinity, -Infinity].slice(0, Math.min(4, feeds.x.values.length)));
  const build = withGradients((x, a) => prelu(x as tf.Tensor4D, a as tf.Tensor1D), ['x', 'slope']);
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  expectAlike(own!['out0']!, composed!['out0']!, true);
  expectAlike(own!['out1']!, composed!['out1']!, true);
});

test('the sum of a slope gradient', async () => {
  const shape = [2, 65, 31, 45];
  const feeds = {x: noise(shape, 2, 1), slope: noise([45], 1, 2), dy: noise(shape, 1, 3)};
  const build = withGradients((x, a) => prelu(x as tf.Tensor4D, a as tf.Tensor1D), ['x', 'slope']);
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  expectAlike(own!['out2']!, composed!['out2']!, false);
});

test('AdamW has the bits of its ops', async () => {
  const shape = [7, 2500];
  const names = ['p', 'g', 'm', 'v'];
  const feeds = Object.fromEntries(names.map((name, i) => [name, noise(shape, 1, i)]));
  feeds['v']!.values.forEach((x, i, values) => (values[i] = x * x));
  const rates = [0.999, 3e-4, 1e-8, 0.1, 0.001, 0.999].map(Math.fround);
  const program = new CapturedProgram(await loadRuntime(), [], {device: ''});
  program.define('update', {
    feeds: Object.fromEntries(names.map(name => [name, {shape, dtype: 'float32'}])),
    build(graph) {
      const [parameter, gradient, m, v] = names.map(name => graph.feed(name)) as Four;
      const tensors = {parameter, gradient, firstMoment: m, secondMoment: v};
      if (!graph.adamW) return composedAdamW(tensors, rates);
      return {...graph.adamW(tensors, tf.tensor1d(rates)), ...composedAdamW(tensors, rates)};
    },
  });
  const values = Object.fromEntries(names.map(name => [name, feeds[name]!.values]));
  const {p, m, v, parameter = p, firstMoment = m, secondMoment = v} = await program.run('update', values);
  program.dispose();
  expect(parameter !== p).toBe(hasOwnKernels(await loadRuntime()));
  for (const [own, composed] of [
    [parameter, p],
    [firstMoment, m],
    [secondMoment, v],
  ])
    expectAlike(own!, composed!, true);
});

type Four = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

function composedAdamW(
  {parameter, gradient, firstMoment, secondMoment}: AdamWTensors,
  rates: number[],
): Record<'p' | 'm' | 'v', tf.Tensor> {
  const [decay, step, epsilon, gain1, gain2, keep2] = rates as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const m = tf.add(firstMoment, tf.mul(tf.sub(gradient, firstMoment), gain1));
  const v = tf.add(tf.mul(secondMoment, keep2), tf.mul(tf.square(gradient), gain2));
  const direction = tf.div(m, tf.add(tf.sqrt(v), epsilon));
  return {p: tf.sub(tf.mul(parameter, decay), tf.mul(direction, step)), m, v};
}

test.each([1, 15, 33, 16_384, 40_001])('a sum of %d squares', async size => {
  const feeds = {x: noise([size], 3, 1)};
  const build: Build = ({x}) => [tf.sum(tf.square(x!))];
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  const exact = feeds.x.values.reduce((sum, x) => sum + x * x, 0);
  expectAlike(own!['out0']!, composed!['out0']!, false);
  expect(Math.abs(own!['out0']!.values[0]! / exact - 1)).toBeLessThan(1e-6);
});

test.each([1, 2, 3, 8, 9, 17])('%d channels of an image, and the rest', async count => {
  const feeds = {x: noise([2, 70, 33, 20], 1, 1), y: noise([2, 70, 33, count], 1, 2)};
  const build: Build = ({x, y}) => {
    const [first, rest] = tf.split(x!, [count, 20 - count], 3);
    const cut = (image: tf.Tensor) => tf.slice(image, [0, 0, 0, 20 - count], [2, 70, 33, count]);
    return [first!, rest!, cut(x!), tf.grad(cut)(x!, y!), tf.slice(x!, [0, 1, 0, 0], [2, 60, 33, 20])];
  };
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  for (const name of Object.keys(own!)) expectAlike(own![name]!, composed![name]!, true);
});

test('sums of squares along an axis are left to TensorFlow', async () => {
  const feeds = {x: noise([5, 7], 3, 1)};
  const build: Build = ({x}) => [tf.sum(tf.square(x!), 1), tf.sum(tf.square(x!), [0, 1], true)];
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  for (const name of ['out0', 'out1']) expectAlike(own![name]!, composed![name]!, true);
});

test.each([
  ['smaller than a pixel', [2, 12, 10, 3], 0.9],
  ['beyond the borders', [2, 12, 10, 3], 30],
  ['of one channel', [1, 33, 7, 1], 5],
  ['of many channels', [4, 16, 24, 16], 5],
  ['of four pixels', [1, 2, 2, 3], 1.5],
  ['far away', [1, 8, 8, 3], 1e20],
])('warp with a flow %s', async (_, shape, reach) => {
  const feeds = {
    image: noise(shape, 1, 1),
    flow: noise([...shape.slice(0, 3), 2], reach, 2),
    dy: noise(shape, 1, 3),
  };
  const build = withGradients((x, f) => warp(x as tf.Tensor4D, f as tf.Tensor4D), ['image', 'flow']);
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  expectAlike(own!['out0']!, composed!['out0']!, true);
  expectAlike(own!['out1']!, composed!['out1']!, false);
  expectAlike(own!['out2']!, composed!['out2']!, false);
});

test('warp passes NaN on, stays inside the image, and leaves out the image gradient on request', async () => {
  const shape = [1, 6, 6, 3];
  const feeds = {image: noise(shape, 1, 1), flow: noise([1, 6, 6, 2], 2, 2), dy: noise(shape, 1, 3)};
  feeds.flow.values.set([NaN, Infinity, -Infinity, NaN], 20);
  const build: Build = ({image, flow, dy}) => {
    const source = warpSource(image as tf.Tensor4D);
    const f = (at: tf.Tensor) => warpFrom(source, at as tf.Tensor4D, {imageGradient: false});
    return [f(flow!), tf.grad(f)(flow!, dy!)];
  };
  const [[own], [composed]] = [await run(true, feeds, build), await run(false, feeds, build)];
  expectAlike(own!['out0']!, composed!['out0']!, true);
  expect([...own!['out0']!.values].some(Number.isNaN)).toBe(true);
  // TensorFlow's ReluGrad at a NaN is 0 or NaN, as the processor has it; every other pixel's
  // gradient is a number.
  const atNumbers = ({shape, values}: HostTensor): HostTensor => ({
    shape,
    values: values.map((v, i) => (i >= 20 && i < 24 ? 0 : v)),
  });
  expectAlike(atNumbers(own!['out1']!), atNumbers(composed!['out1']!), false);
  expect(atNumbers(own!['out1']!).values.every(Number.isFinite)).toBe(true);
});

test.each([true, false])(
  'a sum of many terms has the same bits in every run (own kernels: %p)',
  async own => {
    const shape = [4, 64, 64, 4];
    const feeds = {x: noise(shape, 3, 1), w: noise([3, 3, 4, 4], 1, 2)};
    // Each term is used twice, so that buffers become free at different moments.
    const build: Build = ({x, w}) => {
      const terms = [1, 2, 3, 4, 5].map(s =>
        tf.conv2d(tf.mul(x!, s / 3) as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
      );
      const total = terms.reduce((a, b) => tf.add(a, b));
      return [total, ...terms.map(t => tf.mean(tf.sqrt(tf.abs(t))))];
    };
    const results = await run(own, feeds, build, 12);
    for (const {out0} of results) expectAlike(out0!, results[0]!['out0']!, true);
  },
);

test('a graph computes what was written: TensorFlow would make expm1(x) of exp(x) - 1', async () => {
  const feeds = {x: {shape: [3], values: Float32Array.of(1e-8, -1e-8, 0)}};
  const [result] = await run(true, feeds, ({x}) => [tf.sub(tf.exp(x!), 1)]);
  expect([...result!['out0']!.values]).toEqual([0, 0, 0]);
});
