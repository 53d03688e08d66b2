/** Gradients against finite differences, behaviour with NaN, and what is refused. */
import * as tf from '@tensorflow/tfjs-core';
import {gradientError, seededRandom} from '@rife-train/testing';
import {loadRuntime} from '../../runtime/index.js';
import * as ops from '../index.js';

const random = seededRandom(7);
const values = (shape: number[], low: number, high: number) =>
  tf.tensor(
    Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, () => low + (high - low) * random()),
    shape,
  );
/** Values of either sign, none nearer to 0 than `gap`. */
const awayFromZero = (shape: number[], gap = 0.1) => {
  const x = values(shape, -1, 1);
  return tf.add(x, tf.mul(tf.sign(x), gap));
};
/** Whole numbers below `count` in random order. */
const shuffled = (count: number) =>
  Array.from({length: count}, (_, i) => [random(), i] as const)
    .sort(([a], [b]) => a - b)
    .map(([, i]) => i);
const list = (x: tf.Tensor) => [...x.dataSync()];
const image = (x: tf.Tensor) => x as tf.Tensor4D;

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

describe('finite differences', () => {
  type Case = [string, (...x: tf.Tensor[]) => tf.Tensor, () => tf.Tensor[]];
  const cases: Case[] = [
    ['resize 1/4', x => ops.resize(image(x!), 0.25), () => [values([2, 8, 12, 3], -1, 1)]],
    ['resize 1/2', x => ops.resize(image(x!), 0.5), () => [values([2, 8, 12, 4], -1, 1)]],
    ['resize 2', x => ops.resize(image(x!), 2), () => [values([2, 5, 4, 4], -1, 1)]],
    ['resize 8', x => ops.resize(image(x!), 8), () => [values([1, 2, 3, 5], -1, 1)]],
    ['reflectPad', x => ops.reflectPad(image(x!), 2), () => [values([2, 4, 5, 3], -1, 1)]],
    [
      'mirrorPad SYMMETRIC',
      x => ops.mirrorPad(image(x!), 0, 1, 'SYMMETRIC'),
      () => [values([1, 4, 5, 2], -1, 1)],
    ],
    ['depthToSpace', x => ops.depthToSpace(image(x!), 2), () => [values([2, 3, 2, 12], -1, 1)]],
    // Differences of 0.01 and more: no step of the difference changes which one is largest.
    [
      'maxPool2 on odd sizes',
      x => ops.maxPool2(image(x!)),
      () => [tf.reshape(tf.mul(tf.tensor1d(shuffled(140)), 0.02), [2, 5, 7, 2])],
    ],
    ['safeSqrt', x => ops.safeSqrt(x!), () => [values([20], 0.5, 2)]],
    ['abs', x => ops.abs(x!), () => [awayFromZero([20])]],
    ['clamp01', x => ops.clamp01(x!), () => [tf.tensor1d([-0.5, -0.1, 0.1, 0.5, 0.9, 1.1, 2])]],
    [
      'prelu',
      (x, a) => ops.prelu(image(x!), a as tf.Tensor1D),
      () => [awayFromZero([2, 3, 3, 5]), values([5], -0.5, 2)],
    ],
    ['leakyRelu', x => ops.leakyRelu(x!, 0.2), () => [awayFromZero([2, 3, 3, 5])]],
    ['meanPerSample', x => ops.meanPerSample(image(x!)), () => [values([3, 2, 4, 2], -1, 1)]],
    ['meanAbsPerSample', x => ops.meanAbsPerSample(image(x!)), () => [awayFromZero([3, 2, 4, 2])]],
    ['rmsOverChannels', x => ops.rmsOverChannels(image(x!)), () => [awayFromZero([2, 3, 2, 4], 0.3)]],
    [
      'conv2d of stride 2 on odd sizes',
      (x, w, b) => ops.conv2d(image(x!), image(w!), b as tf.Tensor1D, 2),
      () => [values([1, 5, 7, 2], -1, 1), values([3, 3, 2, 3], -1, 1), values([3], -1, 1)],
    ],
    // The inputs of PReLU stay on one side of 0: no step of the difference crosses the kink.
    [
      'conv2dPrelu',
      (x, w, b, a) => ops.conv2dPrelu(image(x!), image(w!), b as tf.Tensor1D, a as tf.Tensor1D),
      () => [
        values([1, 4, 5, 2], -0.2, 0.2),
        values([3, 3, 2, 3], -0.2, 0.2),
        tf.tensor1d([2, -2, 3]),
        values([3], -0.5, 2),
      ],
    ],
    [
      'deconvPrelu',
      (x, w, b, a) => ops.deconvPrelu(image(x!), image(w!), b as tf.Tensor1D, a as tf.Tensor1D),
      () => [
        values([1, 3, 2, 2], -0.2, 0.2),
        values([4, 4, 3, 2], -0.2, 0.2),
        tf.tensor1d([2, -2, 3]),
        values([3], -0.5, 2),
      ],
    ],
    [
      'deconv',
      (x, w, b) => ops.deconv(image(x!), image(w!), b as tf.Tensor1D),
      () => [values([1, 3, 2, 2], -1, 1), values([4, 4, 3, 2], -1, 1), values([3], -1, 1)],
    ],
  ];
  test.each(cases)('%s', (_, f, inputs) => expect(gradientError(f, inputs())).toBeLessThan(3e-3));

  test('warp, to the image and to a flow that stays inside cells and off the border', () => {
    // Fractions in 0.2..0.8 and steps of 0.05: no sample crosses into the next cell. Targets of all
    // parts of the image.
    const flow = tf.add(tf.round(values([2, 5, 6, 2], -2, 2)), values([2, 5, 6, 2], 0.2, 0.8));
    const f = (x: tf.Tensor, at: tf.Tensor) => ops.warp(image(x), image(at));
    expect(gradientError(f as never, [values([2, 5, 6, 3], -1, 1), flow], {step: 0.05})).toBeLessThan(3e-3);
  });
});

describe('warp', () => {
  test('of a whole number of pixels is a shift with a clamped border', () => {
    const x = tf.reshape(tf.range(0, 12), [1, 3, 4, 1]) as tf.Tensor4D;
    const right = tf.tile(tf.tensor4d([1, 0], [1, 1, 1, 2]), [1, 3, 4, 1]) as tf.Tensor4D;
    expect(list(ops.warp(x, right))).toEqual([1, 2, 3, 3, 5, 6, 7, 7, 9, 10, 11, 11]);
  });

  test('gives no gradient to a component that is at the border or beyond it', () => {
    const x = values([1, 3, 3, 2], 0, 1);
    // Column 0 at x = 0 exactly, column 1 far outside, column 2 inside; rows inside.
    const flow = tf.tile(tf.tensor([0, 0.3, 9, 0.3, -0.7, 0.3], [1, 1, 3, 2]), [1, 3, 1, 1]);
    const grad = list(tf.grad(at => ops.warp(image(x), image(at)))(flow));
    const component = (i: number) => grad.filter((_, at) => at % 2 === i);
    expect(component(0).map(g => g !== 0)).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
    // Row 2 is at y = 2.3, below the last row.
    expect(component(1).map(g => g !== 0)).toEqual([true, true, true, true, true, true, false, false, false]);
  });

  test.each([NaN, Infinity, -Infinity, 1e30])('a flow of %p is no error, and NaN stays visible', bad => {
    const flow = tf.buffer([1, 4, 4, 2]);
    flow.set(bad, 0, 1, 1, 0);
    const out = list(ops.warp(image(tf.ones([1, 4, 4, 1])), image(flow.toTensor())));
    expect(out.map(Number.isNaN)).toEqual(out.map((_, i) => Number.isNaN(bad) && i === 5));
    const grads = tf.grads((x, at) => ops.warp(image(x), image(at)))([
      tf.ones([1, 4, 4, 1]),
      flow.toTensor(),
    ]);
    expect(list(grads[1]!).some(Number.isNaN)).toBe(Number.isNaN(bad));
  });

  test('a source serves several flows', () => {
    const x = image(values([2, 4, 5, 3], 0, 1));
    const source = ops.warpSource(x);
    for (const flow of [values([2, 4, 5, 2], -1, 1), values([2, 4, 5, 2], -3, 3)]) {
      expect(list(ops.warpFrom(source, image(flow)))).toEqual(list(ops.warp(x, image(flow))));
    }
  });
});

describe('at the kinks', () => {
  test('safeSqrt has gradient 0 at 0, and passes NaN on', () => {
    const x = tf.tensor1d([0, 4, NaN, -1]);
    expect(list(ops.safeSqrt(x))).toEqual([0, 2, NaN, NaN]);
    expect(list(tf.grad(ops.safeSqrt)(x))).toEqual([0, 0.25, NaN, NaN]);
  });

  test('rmsOverChannels has gradient 0 where all channels are 0', () => {
    const x = tf.tensor4d([0, 0, 3, 4], [1, 1, 2, 2]);
    const out = ops.rmsOverChannels(x);
    expect(out.shape).toEqual([1, 1, 2, 1]);
    expect(list(out)[0]).toBe(0);
    expect(list(out)[1]).toBeCloseTo(Math.sqrt(12.5), 6);
    const grad = list(tf.grad(y => ops.rmsOverChannels(image(y)))(x));
    expect(grad.slice(0, 2)).toEqual([0, 0]);
    expect(grad[2]).toBeCloseTo(1.5 / Math.sqrt(12.5), 6);
  });

  test("rmsOverChannels has the reference's NaN there on request, whatever comes from above", () => {
    const x = tf.tensor4d([0, 0, 3, 4], [1, 1, 2, 2]);
    const of = (root: 'safe' | 'reference', dy: number[]) =>
      list(tf.grad(y => ops.rmsOverChannels(image(y), {root}))(x, tf.tensor4d(dy, [1, 1, 2, 1])));
    // The mask's 0 from above does not help: 0 * infinity.
    for (const above of [0, 1]) {
      expect(of('reference', [above, 1]).slice(0, 2)).toEqual([NaN, NaN]);
      expect(of('reference', [above, 1]).slice(2)).toEqual(of('safe', [above, 1]).slice(2));
    }
    expect(list(ops.rmsOverChannels(x, {root: 'reference'}))).toEqual(list(ops.rmsOverChannels(x)));
  });
});

describe('NaN in, NaN out', () => {
  const withNaN = () => tf.tensor4d([1, NaN, 3, 4], [1, 2, 2, 1]);
  const large = () => {
    const buffer = tf.buffer([1, 64, 64, 1]);
    buffer.set(NaN, 0, 10, 20, 0);
    return buffer.toTensor();
  };
  const one = tf.tensor1d;
  test.each<[string, () => tf.Tensor, (x: tf.Tensor) => tf.Tensor]>([
    ['resize down', withNaN, x => ops.resize(image(x), 0.5)],
    ['resize up', withNaN, x => ops.resize(image(x), 2)],
    ['reflectPad', withNaN, x => ops.reflectPad(image(x), 1)],
    ['clamp01', withNaN, x => ops.clamp01(x)],
    ['prelu', withNaN, x => ops.prelu(image(x), one([0.25]))],
    ['leakyRelu', withNaN, x => ops.leakyRelu(x, 0.2)],
    ['abs', withNaN, x => ops.abs(x)],
    ['meanPerSample', withNaN, x => ops.meanPerSample(image(x))],
    ['meanAbsPerSample', withNaN, x => ops.meanAbsPerSample(image(x))],
    ['rmsOverChannels', withNaN, x => ops.rmsOverChannels(image(x))],
    ['warp', withNaN, x => ops.warp(image(x), image(tf.zeros([1, 2, 2, 2])))],
    ['laplacianLoss', large, x => ops.laplacianLoss(image(x))],
  ])('%s', (_, make, f) => expect(list(f(make())).some(Number.isNaN)).toBe(true));
});

describe('refuses', () => {
  const x = () => image(tf.zeros([1, 6, 6, 3]));
  const [shape, argument] = ['RIFE_ERR_ENGINE_OPS_SHAPE', 'RIFE_ERR_ENGINE_OPS_ARGUMENT'];
  test.each<[string, string, () => unknown]>([
    ['an image of three axes', shape, () => ops.resize(tf.zeros([6, 6, 3]) as never, 2)],
    ['a size that does not come out whole', shape, () => ops.resize(x(), 0.25)],
    ['a factor of 0', argument, () => ops.resize(x(), 0)],
    ['a pad wider than the image', shape, () => ops.reflectPad(x(), 6)],
    ['a negative pad', argument, () => ops.mirrorPad(x(), -1, 0, 'REFLECT')],
    ['a flow of another size', shape, () => ops.warp(x(), image(tf.zeros([1, 6, 5, 2])))],
    ['a flow of four channels', shape, () => ops.warp(x(), image(tf.zeros([1, 6, 6, 4])))],
    [
      'an image one pixel high',
      shape,
      () => ops.warp(image(tf.zeros([1, 1, 6, 3])), image(tf.zeros([1, 1, 6, 2]))),
    ],
    [
      'an image one pixel wide',
      shape,
      () => ops.warp(image(tf.zeros([1, 6, 1, 3])), image(tf.zeros([1, 6, 1, 2]))),
    ],
    ['a slope too many', shape, () => ops.prelu(x(), tf.zeros([4]))],
    ['a bias too few', shape, () => ops.biasAdd(x(), tf.zeros([2]))],
    ['a kernel of 5', shape, () => ops.conv2d(x(), tf.zeros([5, 5, 3, 2]), tf.zeros([2]))],
    ['a stride of 3', argument, () => ops.conv2d(x(), tf.zeros([3, 3, 3, 2]), tf.zeros([2]), 3 as never)],
    [
      'a transposed kernel the wrong way round',
      shape,
      () => ops.deconv(x(), tf.zeros([4, 4, 3, 2]), tf.zeros([2])),
    ],
    ['one row to pool', shape, () => ops.maxPool2(image(tf.zeros([1, 1, 6, 3])))],
    ['channels that fill no block', shape, () => ops.depthToSpace(x(), 2)],
    ['a pyramid of 48 pixels', shape, () => ops.laplacianLoss(image(tf.zeros([1, 48, 64, 3])))],
  ])('%s', (_, code, f) => expect(f).toThrow(expect.objectContaining({code})));

  test('another backend', () => {
    tf.registerBackend('other', () => ({numDataIds: () => 0, dispose: () => undefined}) as never);
    const x = tf.tensor1d([1]);
    void tf.setBackend('other');
    try {
      expect(() => ops.stopGradient(x)).toThrow(
        expect.objectContaining({
          code: 'RIFE_ERR_ENGINE_OPS_BACKEND',
          message: expect.stringContaining('"other"'),
        }),
      );
    } finally {
      void tf.setBackend('tensorflow');
      tf.removeBackend('other');
    }
  });
});

test('no op leaks a tensor', () => {
  const run = () =>
    tf.tidy(() => {
      const f = (x: tf.Tensor, flow: tf.Tensor, slope: tf.Tensor) =>
        ops.laplacianLoss(ops.prelu(ops.warp(image(x), image(flow)), slope as tf.Tensor1D));
      tf.grads(f as never)([tf.ones([1, 64, 64, 3]), tf.fill([1, 64, 64, 2], 0.3), tf.ones([3])]);
    });
  run();
  const before = tf.memory().numTensors;
  run();
  expect(tf.memory().numTensors).toBe(before);
});
