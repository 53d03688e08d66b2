/**
 * The kernels of native/rifeOps.cc against the same ops composed of TensorFlow's, both captured.
 */
import type {HostTensor} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, loadRuntime} from '../../index.js';
import {prelu, warp, warpFrom, warpSource} from '../../ops/index.js';
import {hasOwnKernels} from '../ownKernels.js';

const SWITCH = 'RIFE_TRAIN_OWN_KERNELS';
afterEach(() => {
  delete process.env[SWITCH];
});

type Feeds = Record<string, {shape: number[]; values: Float32Array}>;
type Build = (x: Record<string, tf.Tensor>) => tf.Tensor[];

/**
 * Captures `build` with or without our kernels, runs it `runs` times and returns the fetches of
 * each run.
 */
async function run(
  own: boolean,
  feeds: Feeds,
  build: Build,
  runs = 1,
): Promise<Record<string, HostTensor>[]> {
  process.env[SWITCH] = own ? '1' : '0';
  const program = new CapturedProgram(await loadRuntime(), [], {
    device: '',
  });
  const names = Object.keys(feeds);
  program.define('op', {
    feeds: Object.fromEntries(names.map(n => [n, {shape: feeds[n]!.shape, dtype: 'float32' as const}])),
    build: graph => {
      const results = build(Object.fromEntries(names.map(n => [n, graph.feed(n)])));
      return Object.fromEntries(results.map((t, i) => [`out${i}`, t]));
    },
  });
  const values = Object.fromEntries(names.map(n => [n, feeds[n]!.values]));
  const results = [];
  for (let i = 0; i < runs; i++) results.push(await program.run('op', values));
  program.dispose();
  return results;
}

const noise = (shape: number[], scale: number, seed: number) => ({
  shape,
  values: Float32Array.from(
    {length: shape.reduce((a, b) => a * b, 1)},
    (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233) * scale,
  ),
});

/** Exact where `exact`, else relative to the largest value. NaN meets NaN. */
function expectAlike(own: HostTensor, composed: HostTensor, exact: boolean): void {
  expect(own.shape).toEqual(composed.shape);
  const [a, b] = [[...own.values], [...composed.values]];
  if (exact) return expect(a).toEqual(b);
  const scale = b.reduce((m, x) => (Math.abs(x) > m ? Math.abs(x) : m), 1e-30);
  a.forEach((x, i) => {
    if (Number.isNaN(b[i]!)) expect(x).toBeNaN();
    else expect(Math.abs(x - b[i]!)).toBeLessThanOrEqual(2e-6 * scale);
  });
}

/** Value, and the gradients of every input under a fixed cotangent. */
const withGradients =
  (f: (...x: tf.Tensor[]) => tf.Tensor, names: string[]): Build =>
  x => {
    const inputs = names.map(n => x[n]!);
    return [f(...inputs), ...tf.grads(f)(inputs, x['dy']!)];
  };

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
