import '@tensorflow/tfjs-backend-cpu';
import type {NamedTensors, PluginTrainer, Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {clipByNorm, globalNorm, gradClip, isClipped, type GradClipOptions} from '../index.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

const values = (gradients: NamedTensors) =>
  Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, [...gradient.dataSync()]]));
const clipped = (gradients: NamedTensors, bound: number) =>
  values(clipByNorm(gradients, globalNorm(gradients), bound));
/** Global norm 5, over tensors of different rank. */
const five = () => ({a: tf.tensor1d([3, 0]), b: tf.tensor2d([[0], [-4]])});

/** Runs the plugin's tap once. */
function run(options: GradClipOptions | undefined, gradients: NamedTensors) {
  const logs: Record<string, number> = {};
  let tap: ((gradients: NamedTensors, trace: Trace) => NamedTensors) | undefined;
  const hooks = {gradients: {tap: (_name: string, fn: typeof tap) => (tap = fn)}};
  gradClip(options).apply({hooks} as unknown as PluginTrainer);
  const trace = {
    log: (key: string, value: tf.Scalar) => (logs[key] = value.dataSync()[0]!),
  } as unknown as Trace;
  return {result: values(tap!(gradients, trace)), logs};
}

test('the norm is that of all gradients as one vector', () => {
  expect(globalNorm(five()).dataSync()[0]).toBe(5);
});

test.each([
  [2.5, {a: [1.5, 0], b: [0, -2]}],
  [5, {a: [3, 0], b: [0, -4]}],
  [10, {a: [3, 0], b: [0, -4]}],
])('bound %p gives %j', (bound, expected) => {
  expect(clipped(five(), bound)).toEqual(expected);
});

test('at or below the bound gradients come out bit for bit', () => {
  const odd = [0.1, 1 / 3, -1e-20, 1e-42, -0];
  const gradients = {a: tf.tensor1d(odd)};
  expect(clipped(gradients, 1)).toEqual(values(gradients));
});

test('gradients that are all zero stay zero', () => {
  expect(clipped({a: tf.zeros([2]), b: tf.zeros([1])}, 1)).toEqual({a: [0, 0], b: [0]});
});

test('keeps shapes', () => {
  const gradients = five();
  const result = clipByNorm(gradients, globalNorm(gradients), 1);
  expect([result['a']!.shape, result['b']!.shape]).toEqual([[2], [2, 1]]);
});

describe.each([NaN, Infinity, -Infinity])('a gradient with %p', bad => {
  const gradients = () => ({a: tf.tensor1d([bad, 3]), b: tf.tensor1d([40])});

  test('comes out as it went in: not hidden from a later check, not spread into the others', () => {
    expect(clipped(gradients(), 1)).toEqual({a: [bad, 3], b: [40]});
  });

  test('shows in the log, and does not count as clipped', () => {
    const {logs} = run(undefined, gradients());
    expect(logs).toEqual({'gradclip/norm': Math.abs(bad), 'gradclip/clipped': 0});
  });
});

test('finite gradients whose squares overflow are not silenced', () => {
  expect(clipped({a: tf.tensor1d([1e30, 1])}, 1)['a']![1]).toBe(1);
});

test('clips to norm 1 by default, and logs norm and flag', () => {
  const {result, logs} = run(undefined, five());
  expect(result['a']![0]).toBeCloseTo(0.6, 6);
  expect(result['b']![1]).toBeCloseTo(-0.8, 6);
  expect(logs).toEqual({'gradclip/norm': 5, 'gradclip/clipped': 1});
});

test('the flag is 0 at the bound', () => {
  expect(isClipped(tf.scalar(5), 5).dataSync()[0]).toBe(0);
  expect(run({maxNorm: 5}, five()).logs).toEqual({'gradclip/norm': 5, 'gradclip/clipped': 0});
});

test('leaks no tensor', () => {
  const gradients = five();
  const before = tf.memory().numTensors;
  tf.tidy(() => void run({maxNorm: 1}, gradients));
  expect(tf.memory().numTensors).toBe(before);
});

test.each<[option: string, options: unknown, expected: string]>([
  ['maxNorm', {maxNorm: 0}, 'a finite number above 0, but got 0'],
  ['maxNorm', {maxNorm: NaN}, 'a finite number above 0'],
  ['maxNorm', {maxNorm: Infinity}, 'a finite number above 0'],
  ['maxNorm', {maxNorm: '1'}, 'a finite number above 0, but got "1"'],
  ['maxnorm', {maxnorm: 1}, 'left out (there is maxNorm alone), but got 1'],
  ['options', 1, 'an object such as {maxNorm: 1}, but got 1'],
])('refuses option %s of %j', (option, options, expected) => {
  const error = {code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:gradclip'};
  expect(() => gradClip(options as GradClipOptions)).toThrow(expect.objectContaining(error));
  expect(() => gradClip(options as GradClipOptions)).toThrow(`option "${option}" must be ${expected}`);
});
