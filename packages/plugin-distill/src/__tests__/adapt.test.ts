/** Weights that depend on the sample, against plain JavaScript. */
import {loadRuntime} from '@rife-train/engine/runtime';
import {seededRandom} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {cropFactor, flowFactor, flowSize} from '../index.js';
import {at, ifnetLoss, numbers, run} from './support.js';

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const random = seededRandom(5);
const SHAPE: [number, number, number, number] = [2, 3, 4, 4];
const PIXELS = 12;
const randomFlow = (factor: number) =>
  Array.from({length: 2 * PIXELS * 4}, () => Math.fround(factor * (random() - 0.5)));
const tensor = (values: number[]) => tf.tensor4d(values, SHAPE);

/** By hand: mean over the pixels of sqrt(mean over the channels of flow^2), of one sample. */
function sizeByHand(flow: number[], sample: number): number {
  let sum = 0;
  for (let pixel = sample * PIXELS; pixel < (sample + 1) * PIXELS; pixel++)
    sum += Math.hypot(...flow.slice(4 * pixel, 4 * pixel + 4)) / 2;
  return sum / PIXELS;
}

test('the size of a flow is its distance from no flow', () => {
  const flow = randomFlow(30);
  const got = numbers(flowSize(tensor(flow)));
  [0, 1].forEach(sample => expect(got[sample]).toBeCloseTo(sizeByHand(flow, sample), 4));
});

test.each([
  [2, 4, 1],
  [4, 4, 1],
  [8, 4, 0.5],
  [1e18, 4, 4e-18],
  [0, 0.5, 1],
  [NaN, 4, NaN],
  // Squares overflow in float32 long before flows do: out of sight would be out of mind.
  [Infinity, 4, NaN],
])('a size of %p with reference %p gives %p', (size, reference, expected) => {
  const [got] = numbers(flowFactor(tf.tensor1d([size]), reference));
  expect(got).toEqual(Number.isNaN(expected) ? NaN : expect.closeTo(expected, 6));
});

test.each<[number | [number, number], number]>([
  [224, 1],
  [512, 224 / 512],
  [[128, 512], 224 / 256],
])('a crop of %j counts %p', (crop, expected) => {
  expect(cropFactor(crop, 224)).toBeCloseTo(expected, 12);
});

describe('the weight', () => {
  const flows = [randomFlow(40), randomFlow(10), randomFlow(1)];
  const total = flows[0]!.map((_, i) => flows.reduce((sum, flow) => sum + flow[i]!, 0));
  const sizes = [0, 1].map(sample => sizeByHand(total, sample));

  test("is divided by the size of the teacher's flow, the sum of all blocks' flows", () => {
    expect(Math.min(...sizes)).toBeGreaterThan(4);
    const {result, logs} = run({weight: 0.02, adapt: {flow: 4}}, {flows: flows.map(tensor)});
    const weights = numbers(result.weights['distill']);
    const expected = sizes.map(size => (0.02 * 4) / size);
    weights.forEach((weight, sample) => expect(weight / expected[sample]!).toBeCloseTo(1, 5));
    expect(numbers(logs['distill/weight'])[0]).toBeCloseTo((expected[0]! + expected[1]!) / 2, 7);
    expect(numbers(logs['distill/flow'])[0]).toBeCloseTo((sizes[0]! + sizes[1]!) / 2, 4);
  });

  test('counts a clip alike at any resolution: twice the flow, half the weight', () => {
    const doubled = flows.map(flow => tensor(flow.map(x => 2 * x)));
    const of = (tensors: tf.Tensor4D[]) =>
      numbers(run({adapt: {flow: 1}}, {flows: tensors}).result.weights['distill']);
    of(doubled).forEach((weight, i) => expect(2 * weight).toBe(of(flows.map(tensor))[i]));
  });

  test('by crop alone stays a number; by gap it is one per sample', () => {
    expect(run({weight: 0.01, adapt: {crop: 224}}, {crop: 448}).result.weights['distill']).toBe(0.005);
    const {result} = run({weight: 0.5, adapt: {crop: 224, gap: 2}}, {crop: 112, gap: [1, 8]});
    expect(numbers(result.weights['distill'])).toEqual([2, 0.25]);
  });

  test('is a schedule and depends on the sample at once', () => {
    const options = {schedule: {from: 0, to: 1}, adapt: {gap: 1}};
    const {result} = run(options, {progress: at(0.25), gap: [1, 4]});
    expect(numbers(result.weights['distill'])).toEqual([0.25, 0.0625]);
  });

  test('of the number 0 stays that number', () => {
    const {result} = run({weight: 0, adapt: {flow: 4}}, {flows: flows.map(tensor)});
    expect(result.weights['distill']).toBe(0);
  });

  test('starts afresh at each trace', () => {
    const first = run({adapt: {flow: 1}}, {flows: flows.map(tensor)});
    const other = {...first.trace};
    first.taps.flow!(tensor(flows[0]!), {block: 'block0', stage: 0, scale: 4, role: 'student'}, other);
    const alone = numbers(first.taps.afterLoss!(ifnetLoss(), other).weights['distill']);
    [0, 1].forEach(s => expect(alone[s]! * sizeByHand(flows[0]!, s)).toBeCloseTo(0.01, 6));
  });

  test('gets no gradient: no flow is made small to be weighed more', () => {
    const start = flows.map(tensor);
    const f = (flow: tf.Tensor) =>
      tf.sum(run({adapt: {flow: 1}}, {flows: [flow as tf.Tensor4D, ...start]}).result.weights['distill']!);
    expect(() => tf.grad(f)(start[0]!)).toThrow(/Cannot compute gradient/);
  });
});

test('a prediction is left alone, and keeps nothing', () => {
  const {taps, trace} = run({adapt: {flow: 1}}, {flows: [tensor(randomFlow(1))]});
  const predicted = {...trace, training: false};
  const flow = tensor(randomFlow(1));
  expect(taps.flow!(flow, {block: 'block0', stage: 0, scale: 4, role: 'student'}, predicted)).toBe(flow);
  expect(() => taps.afterLoss!(ifnetLoss(), predicted)).toThrow('adapt.flow');
});

test('leaks no tensor', () => {
  const flows = [tensor(randomFlow(9)), tensor(randomFlow(9))];
  const once = () => tf.tidy(() => void run({adapt: {flow: 4}}, {flows}));
  once();
  const before = tf.memory().numTensors;
  once();
  expect(tf.memory().numTensors).toBe(before);
});
