/**
 * Parts of RIFE 4.x against finite differences, at points away from the kinks, and where a formula
 * gives the value.
 */
import {loadRuntime} from '@rife-train/engine/runtime';
import {gradientError, seededRandom} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {estimate, sourcesOf, type Estimate} from '../../ifNet.js';
import type {TensorSpec} from '../../specs.js';
import {RIFE4_VERSIONS, type EncodeHead} from '../architecture.js';
import {rife4Block} from '../block.js';
import {moreTerms, rife4Terms} from '../losses.js';
import type {Rife4Estimate, Rife4Pass} from '../network.js';
import {blockSpecs, targetSpecs} from '../specs.js';
import {confidentTeacher} from '../teachers.js';

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const random = seededRandom(11);
const image = (x: tf.Tensor) => x as tf.Tensor4D;
/** Uniform values in low..high. */
function values(shape: readonly number[], low = 0, high = 1): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({length: size}, () => low + (high - low) * random()),
    [...shape],
  );
}
const [B, H, W] = [2, 16, 16];
const sides = [B, H, W] as const;

/** 1 where a kernel maps the pixel's own channel to itself, else 0; so that gradients reach far. */
function identity([height, width, from, to]: readonly number[]): tf.Tensor {
  const centre = tf.buffer([height!, width!, from!, to!]);
  for (let i = 0; i < Math.min(from!, to!); i++) centre.set(1, 1, 1, i, i);
  return centre.toTensor();
}

/**
 * Small positive kernels and large biases of both signs: activations keep the sign of the bias, so
 * no step of a finite difference crosses a kink. In units of `unitOf`.
 */
function calm({name, shape}: TensorSpec): tf.Tensor {
  if (name.endsWith('.bias'))
    return tf.tensor(
      Float32Array.from({length: shape[0]!}, (_, i) => (i % 2 === 0 ? 6 : -12)),
      [...shape],
    );
  const positive = values(shape, 1, 2);
  return shape[0] === 3 ? tf.add(positive, tf.mul(identity(shape), 50)) : positive;
}
const unitOf = ({name, shape}: TensorSpec) => (name.endsWith('.bias') ? 1 : shape.length === 4 ? 0.01 : 0.1);
/** Parameters by name. */
const named = (specs: readonly TensorSpec[], weights: readonly tf.Tensor[]) =>
  Object.fromEntries(specs.map((spec, i) => [spec.name, tf.mul(weights[i]!, unitOf(spec))]));

test.each(['4.0', '4.2', '4.6', '4.14.lite', '4.25'])(
  'a block of %s, to its input and every weight',
  version => {
    const arch = RIFE4_VERSIONS[version]!;
    const seen = 7;
    const specs = blockSpecs('block0', seen, 4, arch);
    const block = (images: tf.Tensor, ...weights: tf.Tensor[]) => {
      const p = named(specs, weights);
      const pair = tf.split(image(images), 2, 3) as tf.Tensor4D[];
      const timestep = tf.fill([B], 0.5) as tf.Tensor1D;
      const input = {images: pair, timestep, carried: [], flow: undefined};
      const {flow, maskLogit, features, confidence} = rife4Block(p, 'block0', input, 1, arch);
      const more = features ?? confidence();
      return tf.concat([flow, maskLogit, ...(more ? [more] : [])], 3);
    };
    const inputs = [values([...sides, seen - 1]), ...specs.map(calm)];
    expect(specs.some(({name}) => name.endsWith('.beta'))).toBe(arch.convs === 'residual');
    expect(gradientError(block, inputs, {step: 0.5, directions: 1})).toBeLessThan(1e-2);
  },
);

/** An estimate of which a term needs only the frame and the flow. */
const given = (merged: tf.Tensor, flow: tf.Tensor = tf.zeros([...sides, 4])) =>
  ({merged, flow}) as unknown as Estimate;

describe('loss terms', () => {
  const HEAD: EncodeHead = {hidden: 4, out: 4, middle: 2, names: 'cnn'};
  const encodeTerm =
    (p: Record<string, tf.Tensor>, gt: tf.Tensor) => (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
      moreTerms(
        {encode: 1},
        {students: [given(a), given(b)], teachers: [given(c)], gt: image(gt), p, head: HEAD},
      )['encode']!;

  const target = () => named(targetSpecs(HEAD), targetSpecs(HEAD).map(calm));

  test('encode, to the frames of blocks and teachers', () => {
    const p = target();
    const gt = values([...sides, 3], 0, 0.5);
    // All frames are brighter than gt, so each layer's difference has one sign.
    const frames = [0.2, 0.3, 0.4].map(more => tf.add(gt, values(gt.shape, more, more + 0.1)));
    const term = encodeTerm(p, gt);
    expect(gradientError(term as (...x: tf.Tensor[]) => tf.Tensor, frames)).toBeLessThan(1e-2);
    expect([...term(gt, gt, gt).dataSync()]).toEqual([0, 0]);
  });

  test('encode weights the blocks, and teachers fully', () => {
    const p = target();
    const gt = values([...sides, 3]);
    const far = tf.add(gt, 0.5);
    const term = encodeTerm(p, gt);
    const [coarse, fine, teacher] = [term(far, gt, gt), term(gt, far, gt), term(gt, gt, far)].map(
      x => x.dataSync()[0]!,
    ) as [number, number, number];
    expect(teacher).toBeGreaterThan(1e-3);
    expect([coarse / teacher, fine / teacher]).toEqual([expect.closeTo(0.8, 3), expect.closeTo(1, 3)]);
  });

  const flowTerm = (flow: tf.Tensor) => {
    const frame = tf.zeros([...sides, 3]);
    return rife4Terms([given(frame, flow)], [given(frame)], image(frame)).flow;
  };

  test('flow is the mean length over all four components', () => {
    expect(gradientError(flowTerm, [values([...sides, 4], 0.5, 3)])).toBeLessThan(1e-2);
    const flow = tf.tile(tf.tensor4d([1, 2, 2, 4], [1, 1, 1, 4]), [...sides, 1]);
    expect([...flowTerm(flow).dataSync()]).toEqual([expect.closeTo(5, 5), expect.closeTo(5, 5)]);
    const still = tf.grad((x: tf.Tensor) => flowTerm(x))(tf.zeros([...sides, 4]));
    expect([...still.dataSync()].every(x => x === 0)).toBe(true);
  });
});

describe('the confident teacher', () => {
  const COUNT = 3;
  /** Flow and mask of the teacher, [B,H,W,5], from flows, masks and confidences. */
  function teacher(...inputs: tf.Tensor[]): tf.Tensor {
    const sources = sourcesOf(image(tf.zeros([...sides, 6])));
    const estimates = Array.from({length: COUNT}, (_, i): Rife4Estimate => {
      const [flow, maskLogit, trust] = [0, 1, 2].map(part => image(inputs[COUNT * part + i]!)) as [
        tf.Tensor4D,
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      const own = {flow, maskLogit, features: undefined, confidence: () => trust};
      return {...estimate(sources, flow, maskLogit), own};
    });
    const pass: Rife4Pass = {
      sources,
      estimates,
      timestep: tf.tensor1d([0.5]),
      views: () => ({images: sources.images, features: undefined}),
    };
    const {flow, maskLogit} = confidentTeacher(pass)!;
    return tf.concat([flow, maskLogit], 3);
  }
  const list = (channels: number, low: number, high: number) =>
    Array.from({length: COUNT}, () => values([...sides, channels], low, high));

  test('gradients to flows, masks and confidences', () => {
    const inputs = [...list(4, -3, 3), ...list(1, -2, 2), ...list(1, 0.2, 0.9)];
    expect(gradientError(teacher, inputs, {directions: 1})).toBeLessThan(1e-2);
  });

  test('the mean by confidence, which is clamped to 0.1..1', () => {
    const all = (of: readonly number[], channels: number) => of.map(x => tf.fill([...sides, channels], x));
    const made = teacher(...all([1, 2, 4], 4), ...all([0, 1, -1], 1), ...all([-5, 0.5, 7], 1)).dataSync();
    const total = 0.1 + 0.5 + 1 + 1e-3;
    expect(made[0]).toBeCloseTo((0.1 + 0.5 * 2 + 4) / total, 5);
    expect(made[4]).toBeCloseTo((0.5 - 1) / total, 5);
  });

  test('no gradient to a confidence that is clamped', () => {
    const rest = [...list(4, -3, 3), ...list(1, -2, 2)];
    const trusts = [-0.5, 0.5, 1.5].map(x => tf.fill([...sides, 1], x));
    const found = tf.grads((...x: tf.Tensor[]) => teacher(...rest, ...x))(trusts);
    expect(found.map(x => [...x.dataSync()].some(value => value !== 0))).toEqual([false, true, false]);
  });
});
