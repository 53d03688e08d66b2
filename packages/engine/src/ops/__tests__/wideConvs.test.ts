/**
 * Dilated, depthwise and 1x1 convolutions: PyTorch's values and gradients, finite differences,
 * captured as eager.
 */
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {Program} from '@rife-train/core';
import {gradientError, outside, readSafetensors, seededRandom} from '@rife-train/testing';
import {CapturedProgram, EagerProgram, loadRuntime} from '../../index.js';
import {depthwiseConv2d, dilatedConv2d, pointwiseConv2d} from '../index.js';

type Op = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => tf.Tensor;
const dilated =
  (rate: number): Op =>
  (x, w, b) =>
    dilatedConv2d(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D, rate);
const depthwise: Op = (x, w, b) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D);
const pointwise: Op = (x, w, b) => pointwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D);

const NHWC = [0, 2, 3, 1];
const HWIO = [2, 3, 1, 0];
/** Of depthwise kernels [C,1,K,K]. */
const HWCM = [2, 3, 0, 1];
const CASES: [name: string, op: Op, kernel: number[]][] = [
  ['dilated_2', dilated(2), HWIO],
  ['dilated_4', dilated(4), HWIO],
  ['depthwise_7', depthwise, HWCM],
  ['pointwise', pointwise, HWIO],
];

const stored = readSafetensors(join(__dirname, 'fixtures/wideConvs.safetensors'));
function load(name: string, axes?: number[]): tf.Tensor {
  const {values, shape} = stored.get(name)!;
  const tensor = tf.tensor(values as Float32Array, shape);
  return axes ? tf.transpose(tensor, axes) : tensor;
}
const inputsOf = (name: string, kernel: number[]) =>
  [load(`${name}.in0`, NHWC), load(`${name}.in1`, kernel), load(`${name}.in2`)] as const;

/** Largest absolute difference over the largest expected value. */
function difference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  // Not Math.max alone, so that a NaN does not pass.
  return Array.from(got, (x, i) => Math.abs(x - expected[i]!)).reduce((m, d) => (d <= m ? m : d), 0) / scale;
}

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

test.each(CASES)('%s: value and gradients as in PyTorch', (name, op, kernel) => {
  const inputs = inputsOf(name, kernel);
  const out = op(...inputs);
  const expected = load(`${name}.out`, NHWC);
  expect(out.shape).toEqual(expected.shape);
  const wide = 'ops: values and gradients';
  expect(outside(wide, difference(out.dataSync(), expected.dataSync()), name)).toEqual([]);
  const grads = tf.grads(op)([...inputs], load(`${name}.cot`, NHWC));
  const wanted = [load(`${name}.grad0`, NHWC), load(`${name}.grad1`, kernel), load(`${name}.grad2`)];
  grads.forEach((grad, i) => {
    expect(grad.shape).toEqual(wanted[i]!.shape);
    const error = difference(grad.dataSync(), wanted[i]!.dataSync());
    expect(outside(wide, error, `${name}, gradient ${i}`)).toEqual([]);
  });
});

test.each(CASES)('%s: finite differences', (name, op, kernel) => {
  expect(gradientError(op as never, [...inputsOf(name, kernel)])).toBeLessThan(3e-3);
});

const random = seededRandom(3);
const values = (size: number) => Float32Array.from({length: size}, () => 2 * random() - 1);

test.each(CASES)('%s: captured as eager, value and gradients', async (name, op, kernel) => {
  const shapes = inputsOf(name, kernel).map(({shape}) => shape);
  const variables = shapes.map((shape, i) => ({name: `v${i}`, shape}));
  const given = new Map(shapes.map((shape, i) => [`v${i}`, values(shape.reduce((a, b) => a * b, 1))]));
  const run = async (program: Program) => {
    await program.writeVariables(given);
    program.define('step', {
      feeds: {},
      build: graph => {
        const inputs = shapes.map((_, i) => graph.read(`v${i}`));
        const squares = (...x: tf.Tensor[]) => tf.sum(tf.square(op(x[0]!, x[1]!, x[2]!)));
        const {value, grads} = tf.valueAndGrads(squares as never)(inputs);
        return {value, ...Object.fromEntries(grads.map((grad, i) => [`grad${i}`, grad]))};
      },
    });
    const out = await program.run('step', {});
    program.dispose();
    return out;
  };
  const backend = await loadRuntime();
  const options = {device: ''};
  const eager = await run(new EagerProgram(variables));
  const captured = await run(new CapturedProgram(backend, variables, options));
  for (const [key, {values: inTurn, shape}] of Object.entries(eager)) {
    expect([key, captured[key]!.shape]).toEqual([key, shape]);
    expect(difference(captured[key]!.values, inTurn)).toBeLessThan(1e-5);
  }
});

test('rate 1 is the ordinary convolution; a rate beyond the image sees the middle tap alone', () => {
  const [x, weight, bias] = inputsOf('dilated_2', HWIO);
  const plain = tf.add(tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, 1, 'same'), bias);
  expect(difference(dilated(1)(x, weight, bias).dataSync(), plain.dataSync())).toBeLessThan(1e-6);
  const middle = tf.slice(weight, [1, 1, 0, 0], [1, 1, -1, -1]);
  const far = dilated(9)(x, weight, bias);
  expect(difference(far.dataSync(), pointwise(x, middle, bias).dataSync())).toBeLessThan(1e-6);
});

test.each(CASES)('%s: NaN in, NaN out', (name, op, kernel) => {
  const [x, weight, bias] = inputsOf(name, kernel);
  const broken = tf.concat([tf.fill([1], NaN), tf.slice(tf.reshape(x, [-1]), [1], [-1])]);
  expect([...op(tf.reshape(broken, x.shape), weight, bias).dataSync()].some(Number.isNaN)).toBe(true);
});

describe('refuses', () => {
  const x = () => tf.zeros([1, 6, 6, 3]);
  const [shape, argument] = ['RIFE_ERR_ENGINE_OPS_SHAPE', 'RIFE_ERR_ENGINE_OPS_ARGUMENT'];
  test.each<[string, string, () => unknown]>([
    ['a dilated kernel of 5', shape, () => dilated(2)(x(), tf.zeros([5, 5, 3, 2]), tf.zeros([2]))],
    ['other channels', shape, () => dilated(2)(x(), tf.zeros([3, 3, 4, 2]), tf.zeros([2]))],
    ['a rate of 0', argument, () => dilated(0)(x(), tf.zeros([3, 3, 3, 2]), tf.zeros([2]))],
    ['a rate of 1.5', argument, () => dilated(1.5)(x(), tf.zeros([3, 3, 3, 2]), tf.zeros([2]))],
    ['an even kernel', shape, () => depthwise(x(), tf.zeros([4, 4, 3, 1]), tf.zeros([3]))],
    ['two kernels per channel', shape, () => depthwise(x(), tf.zeros([3, 3, 3, 2]), tf.zeros([3]))],
    ['a kernel of 3 for single pixels', shape, () => pointwise(x(), tf.zeros([3, 3, 3, 2]), tf.zeros([2]))],
    [
      'an image of three axes',
      shape,
      () => pointwise(tf.zeros([6, 6, 3]), tf.zeros([1, 1, 3, 2]), tf.zeros([2])),
    ],
  ])('%s', (_, code, f) => expect(f).toThrow(expect.objectContaining({code})));
});
