/** Values and gradients of each op against PyTorch's, from the fixture file. */
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {outside, readSafetensors, type BoundedQuantity} from '@rife-train/testing';
import {loadRuntime} from '../../runtime/index.js';
import {
  clamp01,
  conv2d,
  deconv,
  laplacianLoss,
  meanPerSample,
  prelu,
  resize,
  rmsOverChannels,
  stopGradient,
  warp,
} from '../index.js';

const stored = readSafetensors(join(__dirname, 'fixtures/ops.safetensors'));
const load = (name: string) => {
  const {values, shape} = stored.get(name)!;
  return tf.tensor(values as Float32Array, shape);
};
const nhwc = (name: string) => tf.transpose(load(name), [0, 2, 3, 1]) as tf.Tensor4D;
const hwio = (name: string) => tf.transpose(load(name), [2, 3, 1, 0]) as tf.Tensor4D;
const vector = (name: string) => load(name) as tf.Tensor1D;

/** Largest absolute difference, relative to the largest expected value. */
function difference(got: tf.Tensor, expected: tf.Tensor): number {
  expect(got.shape).toEqual(expected.shape);
  const [a, b] = [got.dataSync<'float32'>(), expected.dataSync<'float32'>()];
  const scale = b.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-30);
  return a.reduce((m, x, i) => Math.max(m, Math.abs(x - b[i]!)), 0) / scale;
}

type Loader = (name: string) => tf.Tensor;
/** Runs `f` on the op's stored inputs; compares the result and each gradient. */
function compare(
  op: string,
  f: (...x: tf.Tensor[]) => tf.Tensor,
  loaders: Loader[],
  quantity: BoundedQuantity = 'ops: values and gradients',
): void {
  const inputs = loaders.map((loader, i) => loader(`${op}.in${i}`));
  const grads = tf.grads(f)(inputs, nhwc(`${op}.cot`));
  expect([
    ...outside(quantity, difference(f(...inputs), nhwc(`${op}.out`)), op),
    ...grads.flatMap((grad, i) =>
      outside(quantity, difference(grad, loaders[i]!(`${op}.grad${i}`)), `${op}, gradient ${i}`),
    ),
  ]).toEqual([]);
}

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

test.each([0.25, 0.5, 2, 4])('resize by %p', factor => {
  const op = `interp_${Number.isInteger(factor) ? factor.toFixed(1) : factor}`;
  compare(op, x => resize(x as tf.Tensor4D, factor), [nhwc]);
});

test('conv2d of stride 1', () => {
  compare('conv_s1', (x, w, b) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D), [
    nhwc,
    hwio,
    vector,
  ]);
});

test('conv2d of stride 2', () => {
  compare('conv_s2', (x, w, b) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D, 2), [
    nhwc,
    hwio,
    vector,
  ]);
});

test('deconv', () => {
  compare('deconv', (x, w, b) => deconv(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D), [
    nhwc,
    hwio,
    vector,
  ]);
});

test('prelu, with exact zeros', () => {
  expect([...load('prelu.in0').dataSync()].filter(x => x === 0)).toHaveLength(3);
  compare('prelu', (x, a) => prelu(x as tf.Tensor4D, a as tf.Tensor1D), [nhwc, vector], 'ops: PReLU');
});

test('clamp01, with an exact 0 and 1', () => compare('clamp', x => clamp01(x!), [nhwc], 'ops: clamp'));

test('warp beyond the border and with flows of exactly 0', () => {
  const inputs = [nhwc('warp.in0'), nhwc('warp.in1')] as tf.Tensor[];
  const f = (image: tf.Tensor, flow: tf.Tensor) => warp(image as tf.Tensor4D, flow as tf.Tensor4D);
  expect(outside('ops: warp', difference(f(inputs[0]!, inputs[1]!), nhwc('warp.out')), 'value')).toEqual([]);
  const [dImage, dFlow] = tf.grads(f)(inputs, nhwc('warp.cot')) as [tf.Tensor, tf.Tensor];
  expect(outside('ops: warp', difference(dImage, nhwc('warp.grad0')), 'gradient to the image')).toEqual([]);
  // At integer positions the rounding of PyTorch's normalised grid decides on one of the two
  // one-sided derivatives; everywhere else both must agree.
  const flow = inputs[1]!.dataSync();
  const [got, expected] = [dFlow.dataSync(), nhwc('warp.grad1').dataSync()];
  const compared = [...got]
    .map((x, i) => [x, expected[i]!, flow[i]!] as const)
    .filter(([, , at]) => at !== 0);
  expect(compared.length).toBeGreaterThan(800);
  const farthest = Math.max(...compared.map(([x, y]) => Math.abs(x - y)));
  expect(outside('ops: warp, gradient to the flow', farthest)).toEqual([]);
});

test('warp without a gradient to the image has the same gradient to the flow', () => {
  const [image, flow, cot] = [nhwc('warp.in0'), nhwc('warp.in1'), nhwc('warp.cot')];
  const [, both] = tf.grads((a, b) => warp(a as tf.Tensor4D, b as tf.Tensor4D))(
    [image, flow],
    cot,
  ) as tf.Tensor[];
  const only = tf.grad(b => warp(image, b as tf.Tensor4D, {imageGradient: false}))(flow, cot);
  expect([...only.dataSync()]).toEqual([...both!.dataSync()]);
});

test('laplacianLoss: the mean over samples and both gradients', () => {
  const inputs = [nhwc('lap.in0'), nhwc('lap.in1')] as tf.Tensor[];
  const cot = load('lap.cot').dataSync()[0]!;
  const f = (a: tf.Tensor, b: tf.Tensor) => laplacianLoss(tf.sub(a, b) as tf.Tensor4D);
  const perSample = f(inputs[0]!, inputs[1]!);
  expect(perSample.shape).toEqual([2]);
  const [s0, s1] = perSample.dataSync();
  const error = Math.abs((s0! + s1!) / 2 / load('lap.out').dataSync()[0]! - 1);
  expect(outside('ops: Laplacian and distillation loss', error, 'Laplacian')).toEqual([]);
  const grads = tf.grads(f)(inputs, tf.tensor1d([cot / 2, cot / 2]));
  // Where a level's difference is 0 up to rounding its sign may differ: few pixels, so compare in
  // norm.
  grads.forEach((grad, i) => {
    const expected = nhwc(`lap.grad${i}`);
    const distance = tf.div(tf.norm(tf.sub(grad, expected)), tf.norm(expected)).dataSync()[0]!;
    expect(outside('ops: gradient of the Laplacian loss', distance)).toEqual([]);
  });
});

test('rmsOverChannels as in the distillation term', () => {
  const [student, teacher, mask] = [nhwc('distill.in0'), nhwc('distill.teacher'), nhwc('distill.mask')];
  const f = (x: tf.Tensor) => {
    const distance = rmsOverChannels(tf.sub(stopGradient(teacher), x) as tf.Tensor4D);
    return meanPerSample(tf.mul(distance, mask) as tf.Tensor4D);
  };
  const [s0, s1] = f(student).dataSync();
  const cot = load('distill.cot').dataSync()[0]!;
  const error = Math.abs((s0! + s1!) / 2 / load('distill.out').dataSync()[0]! - 1);
  expect(outside('ops: Laplacian and distillation loss', error, 'distillation')).toEqual([]);
  const grad = tf.grad(f)(student, tf.tensor1d([cot / 2, cot / 2]));
  expect(outside('ops: values and gradients', difference(grad, nhwc('distill.grad0')), 'distill')).toEqual(
    [],
  );
});
