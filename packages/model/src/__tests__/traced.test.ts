/**
 * The network around its forward pass: predict, flow taps, independence of samples, and no NaN from
 * equal flows.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {createModel} from '../index.js';

const model = createModel({name: 'IFNet', scales: [4, 2, 1], widths: [8, 8, 8]});
const noTap: FlowTap = flow => flow;
const list = (x: tf.Tensor) => [...x.dataSync()];
let parameters: NamedTensors;

const images = (batch: number, seed: number, count = 9) =>
  tf.randomUniform([batch, 64, 64, count], 0, 1, 'float32', seed);
const batchOf = (x: tf.Tensor) => ({
  images: x as tf.Tensor4D,
  gap: tf.ones([x.shape[0]!]) as tf.Tensor1D,
  timestep: tf.fill([x.shape[0]!], 0.5) as tf.Tensor1D,
});

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => {
  tf.engine().startScope();
  parameters = Object.fromEntries(
    [...model.initialize(1)].map(([name, values]) => {
      const {shape} = model.parameters.find(p => p.name === name)!;
      return [name, tf.tensor(values, [...shape])];
    }),
  );
});
afterEach(() => tf.engine().endScope());

test('a sample has the same terms alone and in a batch', () => {
  const both = images(2, 3);
  const terms = model.losses(parameters, batchOf(both), noTap).terms;
  [0, 1].forEach(sample => {
    const alone = model.losses(
      parameters,
      batchOf(tf.slice(both, [sample, 0, 0, 0], [1, 64, 64, 9])),
      noTap,
    ).terms;
    for (const name of ['reconstruction', 'teacher', 'distill']) {
      expect(list(alone[name]!)[0]! / list(terms[name]!)[sample]!).toBeCloseTo(1, 5);
    }
  });
});

test('each sample has its own timestep, in every block', () => {
  const timed = createModel({name: 'IFNet_m', scales: [4, 2, 1], widths: [8, 8, 8]});
  const p = Object.fromEntries(
    [...timed.initialize(2)].map(([name, values]) => [
      name,
      tf.tensor(values, [...timed.parameters.find(spec => spec.name === name)!.shape]),
    ]),
  );
  const both = images(2, 3);
  const run = (x: tf.Tensor, times: number[]) => {
    const seen: number[][] = [];
    const {terms} = timed.losses(p, {...batchOf(x), timestep: tf.tensor1d(times)}, flow => {
      seen.push(list(tf.mean(flow, [1, 2, 3])));
      return flow;
    });
    return {terms, seen};
  };
  const together = run(both, [0.25, 0.875]);
  [0.25, 0.875].forEach((t, sample) => {
    const alone = run(tf.slice(both, [sample, 0, 0, 0], [1, 64, 64, 9]), [t]);
    for (const [name, term] of Object.entries(alone.terms))
      expect(list(term)[0]! / list(together.terms[name]!)[sample]!).toBeCloseTo(1, 5);
  });
  // Another time of the first sample changes every block's flow of that sample, and no flow of the
  // other.
  const moved = run(both, [0.5, 0.875]);
  expect(together.seen).toHaveLength(4);
  together.seen.forEach(([first, second], block) => {
    expect(moved.seen[block]![0]).not.toBe(first);
    expect(moved.seen[block]![1]).toBe(second);
  });
});

test('predict needs no gt and gives what training refines', () => {
  const x = images(1, 4);
  const pair = tf.slice(x, [0, 0, 0, 0], [1, 64, 64, 6]) as tf.Tensor4D;
  const {refined, flow, mask} = model.predict(parameters, pair, tf.tensor1d([0.5]), noTap);
  expect([refined.shape, flow.shape, mask.shape]).toEqual([
    [1, 64, 64, 3],
    [1, 64, 64, 4],
    [1, 64, 64, 1],
  ]);
  expect(list(refined).every(v => v >= 0 && v <= 1)).toBe(true);
  expect(list(mask).every(v => v > 0 && v < 1)).toBe(true);
});

test.each([
  [30, 1],
  [-30, 0],
])('a refined frame that a bias of %i drives out of range is %i', (bias, expected) => {
  const p = {...parameters, 'unet.conv.bias': tf.fill([3], bias)};
  const {refined} = model.predict(p, images(1, 10, 6) as tf.Tensor4D, tf.tensor1d([0.5]), noTap);
  expect(new Set(list(refined))).toEqual(new Set([expected]));
});

test.each([1, -1])('a tap that bounds the flow bounds maxFlow, whatever its sign (%i)', sign => {
  const tap: FlowTap = (flow, {role}) =>
    tf.mul(tf.onesLike(flow), sign * (role === 'student' ? 2 : 0.5)) as tf.Tensor4D;
  const {maxFlow} = model.losses(parameters, batchOf(images(1, 5)), tap);
  expect(list(maxFlow)).toEqual([6.5]);
});

test('a teacher whose flow equals the student gives finite gradients', () => {
  const still: FlowTap = (flow, {role}) => (role === 'teacher' ? (tf.mul(flow, 0) as tf.Tensor4D) : flow);
  const names = model.parameters.map(p => p.name);
  const f = (...values: tf.Tensor[]) => {
    const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
    const {terms} = model.losses(named, batchOf(images(1, 6)), still);
    return tf.sum(tf.addN(Object.values(terms)));
  };
  const {value, grads} = tf.valueAndGrads(f as never)(names.map(name => parameters[name]!));
  expect(Number.isFinite(list(value)[0])).toBe(true);
  grads.forEach((grad, i) => expect([names[i], list(grad).every(Number.isFinite)]).toEqual([names[i], true]));
});

test("a NaN in one sample stays in that sample's terms", () => {
  const x = images(2, 7).bufferSync();
  x.set(NaN, 1, 20, 20, 7);
  const {terms} = model.losses(parameters, batchOf(x.toTensor()), noTap);
  expect(list(terms['reconstruction']!).map(Number.isNaN)).toEqual([false, true]);
  expect(list(terms['teacher']!).map(Number.isNaN)).toEqual([false, true]);
});

test('a step leaks no tensor', () => {
  const names = model.parameters.map(p => p.name);
  const batch = batchOf(images(1, 9));
  const step = () =>
    tf.tidy(() => {
      const f = (...values: tf.Tensor[]) => {
        const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
        return tf.sum(tf.addN(Object.values(model.losses(named, batch, noTap).terms)));
      };
      tf.valueAndGrads(f as never)(names.map(name => parameters[name]!));
    });
  step();
  const before = tf.memory().numTensors;
  step();
  expect(tf.memory().numTensors).toBe(before);
});

test.each([
  ['a crop that is no multiple of 32', [1, 80, 64, 9]],
  ['a crop below 64', [1, 32, 64, 9]],
  ['a batch without gt', [1, 64, 64, 6]],
])('refuses %s', (_, shape) => {
  expect(() => model.losses(parameters, batchOf(tf.zeros(shape)), noTap)).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_MODEL_INPUT'}),
  );
});

test('names a missing parameter', () => {
  const {['unet.conv.bias']: _, ...rest} = parameters;
  expect(() => model.losses(rest, batchOf(images(1, 8)), noTap)).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_MODEL_PARAMETER',
      message: expect.stringContaining('unet.conv.bias'),
    }),
  );
});
