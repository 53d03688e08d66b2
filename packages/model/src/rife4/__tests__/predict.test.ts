/** Ways of predicting with RIFE 4.x: channels, both directions of time, doubled scales. */
import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '@rife-train/engine';
import type {NamedTensors, PredictOptions} from '@rife-train/core';
import {fixtureFeed, fixtureWeights} from '@rife-train/testing';
import {createModel} from '../../networks.js';
import {RIFE4_VERSIONS} from '../architecture.js';
import {rife4Pass} from '../network.js';

const [H, W] = [64, 128];
const WIDTHS = [8, 8, 8, 8];
const model = createModel({name: 'RIFE4', version: '4.0', scales: [], widths: WIDTHS});
const arch = {...RIFE4_VERSIONS['4.0']!, widths: WIDTHS};

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/**
 * The fixtures' weights; `speed0` and `speed1` multiply by how much the second block moves either
 * image.
 */
function parameters(speed0 = 1, speed1 = speed0): NamedTensors {
  const weights = fixtureWeights(model);
  const speeds = tf.tensor1d([speed0, speed0, speed1, speed1, 1]);
  return Object.fromEntries(
    model.parameters.map(({name, shape}) => {
      const values = tf.tensor(model.fromFile(name, weights.get(name)!), [...shape]);
      if (!name.startsWith('block1.lastconv')) return [name, values];
      // Outputs are axis 2 of [4,4,O,I].
      return [name, tf.mul(values, name.endsWith('bias') ? speeds : tf.reshape(speeds, [5, 1]))];
    }),
  );
}

const time = () => tf.tensor1d([0.25]);
function pair(): tf.Tensor4D {
  const feed = fixtureFeed(0, 1, H, W);
  const images = tf.div<tf.Tensor4D>(tf.tensor4d(Float32Array.from(feed), [1, H, W, 9]), 255);
  return tf.slice(images, 0, [1, H, W, 6]);
}
const predict = (p: NamedTensors, options?: PredictOptions) =>
  model.predict(p, pair(), time(), flow => flow, options).refined.dataSync();

/** The network itself, on images in the order that it wants. */
function pass(p: NamedTensors, scales: readonly number[], ensembleFrom = Infinity) {
  const turned = tf.gather(pair(), [2, 1, 0, 5, 4, 3], 3);
  const input = {
    pair: turned,
    timestep: time(),
    scales,
    arch,
    flowTap: (flow: tf.Tensor4D) => flow,
    ensembleFrom,
  };
  const {estimates} = rife4Pass(p, input);
  return {
    frame: tf.gather(estimates.at(-1)!.merged, [2, 1, 0], 3).dataSync(),
    moves: tf.split(estimates[1]!.own.flow, 2, 3).map(half => tf.max(tf.abs(half)).dataSync()[0]!),
  };
}
const TWICE = arch.scales.map(scale => 2 * scale);

test('images are BGR outside, RGB inside', () => {
  const p = parameters();
  expect(predict(p)).toEqual(pass(p, arch.scales).frame);
});

test('ensemble is the mean of both directions of time in every block', () => {
  const p = parameters();
  expect(predict(p, {ensemble: true})).toEqual(pass(p, arch.scales, 0).frame);
});

test.each([
  ['is slow', [1, 1], [false, false]],
  ['is fast', [2000, 2000], [true, true]],
  ['of img0 is fast', [2000, 1], [true, false]],
] as const)('doubling where motion %s', (_, speeds, areFast) => {
  const p = parameters(...speeds);
  const {frame, moves} = pass(p, arch.scales);
  expect(moves.map(pixels => pixels > 32)).toEqual(areFast);
  const fast = areFast.every(Boolean);
  expect(predict(p, {doubling: true})).toEqual(fast ? pass(p, TWICE).frame : frame);
  const both = pass(p, fast ? TWICE : arch.scales, fast ? 1 : 0).frame;
  expect(predict(p, {doubling: true, ensemble: true})).toEqual(both);
});

test.each([
  ['4.25', {ensemble: true}, /RIFE4 4\.25 has no "ensemble".*4\.0 to 4\.20 and 4\.24/],
  ['4.6', {doubling: true}, /RIFE4 4\.6 has no "doubling".*4\.0 and 4\.1/],
])('%s refuses %j', (version, options, message) => {
  const other = createModel({name: 'RIFE4', version, scales: [], widths: []});
  expect(() => other.predict({}, pair(), time(), flow => flow, options)).toThrow(message);
});

test('IFNet refuses both', () => {
  const ifNet = createModel({name: 'IFNet', scales: [4, 2, 1], widths: [8, 6, 4]});
  for (const option of ['ensemble', 'doubling'])
    expect(() => ifNet.predict({}, pair(), time(), flow => flow, {[option]: true})).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_MODEL_PREDICTION'}),
    );
});
