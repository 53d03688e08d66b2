import '@tensorflow/tfjs-backend-cpu';
import type {NamedTensors} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {clipByNorm, globalNorm, gradClip, isClipped, type GradClipOptions} from '../index.js';
import {Clipping, expectClose, values} from './helpers/clipping.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

const clipped = (gradients: NamedTensors, bound: number) =>
  values(clipByNorm(gradients, globalNorm(gradients), bound));
/** Global norm 5, over tensors of different rank. */
const five = () => ({a: tf.tensor1d([3, 0]), b: tf.tensor2d([[0], [-4]])});

/** Runs the plugin once. */
const run = (options: GradClipOptions | undefined, gradients: NamedTensors) =>
  new Clipping(options).step(gradients);

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

// torch.nn.utils.clip_grad_norm_ (2.15, float32) on [[0.7, -1.9, 0.25], [3.1, -0.05, 1.3]] and
// [-2.2, 0.4].
test.each([
  [1, [0.15473625, -0.41999841, 0.05526295, 0.68526053, -0.01105259, 0.28736731, -0.48631397, 0.08842072]],
  [2.5, [0.38684061, -1.04999602, 0.13815737, 1.71315134, -0.02763147, 0.7184183, -1.21578491, 0.2210518]],
  [10, [0.7, -1.9, 0.25, 3.1, -0.05, 1.3, -2.2, 0.4]],
])("PyTorch's clip_grad_norm_ to %p", async (maxNorm, expected) => {
  const gradients = {
    a: tf.tensor2d([
      [0.7, -1.9, 0.25],
      [3.1, -0.05, 1.3],
    ]),
    b: tf.tensor1d([-2.2, 0.4]),
  };
  const {result, logs} = await run({maxNorm}, gradients);
  expectClose([...result['a']!, ...result['b']!], expected);
  expect(logs['gradclip/norm']).toBeCloseTo(4.52382565, 6);
  expect(logs['gradclip/factor']).toBeCloseTo(Math.min(1, maxNorm / 4.52382565), 6);
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

describe.each<GradClipOptions>([
  {},
  {mode: 'value', maxValue: 0.5},
  {mode: 'adaptive'},
  {mode: 'autoclip', history: 3},
  {mode: 'zclip', warmupSteps: 2},
  {warmupSteps: 3, warmupMaxNorm: 0.5},
])('with %j', options => {
  const trace = {parameters: {a: tf.tensor1d([1, 1]), b: tf.tensor1d([1])}};
  const gradients = (bad: number) => ({a: tf.tensor1d([bad, 3]), b: tf.tensor1d([40])});

  test.each([NaN, Infinity, -Infinity])('a gradient with %p comes out as it went in', async bad => {
    const {result, logs} = await new Clipping(options).step(gradients(bad), trace);
    expect(result).toEqual({a: [bad, 3], b: [40]});
    expect(logs).toEqual({
      'gradclip/norm': Math.abs(bad),
      'gradclip/factor': 1,
      'gradclip/clipped': 0,
      'gradclip/share': 0,
    });
  });

  test('neither such a norm nor a skipped step gets into what is remembered', async () => {
    const clipping = new Clipping(options);
    for (const size of [1, 2, 3]) await clipping.step(gradients(size), trace);
    const before = await clipping.saved();
    for (const bad of [NaN, Infinity]) await clipping.step(gradients(bad), trace);
    await clipping.skip();
    expect(await clipping.saved()).toEqual(before);
  });
});

test('finite gradients whose squares overflow are not silenced', () => {
  expect(clipped({a: tf.tensor1d([1e30, 1])}, 1)['a']![1]).toBe(1);
});

test('clips to norm 1 by default, and logs norm, factor, flag and share', async () => {
  const {result, logs} = await run(undefined, five());
  expectClose([...result['a']!, ...result['b']!], [0.6, 0, 0, -0.8]);
  const {'gradclip/factor': factor, ...others} = logs;
  expect(factor).toBeCloseTo(0.2, 6);
  expect(others).toEqual({'gradclip/norm': 5, 'gradclip/clipped': 1, 'gradclip/share': 1});
});

test('the flag is 0 at the bound', async () => {
  expect(isClipped(tf.scalar(5), 5).dataSync()[0]).toBe(0);
  const {logs} = await run({maxNorm: 5}, five());
  expect(logs).toMatchObject({'gradclip/factor': 1, 'gradclip/clipped': 0});
});

test('the share is that of the last 200 updates', async () => {
  const clipping = new Clipping();
  const share = async (norm: number) =>
    (await clipping.step({a: tf.tensor1d([norm])})).logs['gradclip/share'];
  expect([await share(2), await share(1), await share(1), await share(3)]).toEqual([1, 0.5, 1 / 3, 0.5]);
  for (let i = 0; i < 196; i++) await share(1);
  expect(await share(1)).toBe(1 / 200);
  expect(await share(1)).toBe(1 / 200);
  await share(1);
  expect(await share(1)).toBe(0);
});

describe('warm-up', () => {
  test('clips nothing in the first updates; skipped steps do not count', async () => {
    const clipping = new Clipping({warmupSteps: 2});
    expect(await clipping.norms([4])).toEqual([4]);
    await clipping.skip();
    expect(await clipping.norms([8, 4, 0.5])).toEqual([8, 1, 0.5]);
  });

  test.each<GradClipOptions>([
    {maxNorm: 1, warmupSteps: 1, warmupMaxNorm: 3},
    {mode: 'value', maxValue: 1, warmupSteps: 1, warmupMaxNorm: 3},
    {mode: 'autoclip', percentile: 0, maxNorm: 1, warmupSteps: 1, warmupMaxNorm: 3},
  ])('a plain bound holds meanwhile, with %j', async options => {
    expectClose(await new Clipping(options).norms([6, 6]), [3, 1]);
  });
});

test.each<GradClipOptions>([{maxNorm: 1}, {mode: 'value', maxValue: 1}, {mode: 'autoclip'}, {mode: 'zclip'}])(
  'leaks no tensor with %j',
  async options => {
    const gradients = five();
    const before = tf.memory().numTensors;
    const clipping = new Clipping(options);
    tf.engine().startScope();
    await clipping.step(gradients);
    tf.engine().endScope();
    expect(tf.memory().numTensors).toBe(before);
  },
);

test.each<[option: string, options: unknown, expected: RegExp]>([
  ['maxNorm', {maxNorm: 0}, /is 0\. .*>0/],
  ['maxNorm', {maxNorm: NaN}, /expected number, received NaN/],
  ['maxNorm', {maxNorm: Infinity}, /expected number/],
  ['maxNorm', {maxNorm: '1'}, /is "1"\. .*expected number/],
  ['mode', {mode: 'agc'}, /is "agc"\. .*"adaptive"/],
  ['maxValue', {mode: 'value'}, /expected number/],
  ['percentile', {mode: 'autoclip', percentile: 101}, /is 101\. .*<=100/],
  ['history', {mode: 'autoclip', history: 1.5}, /expected int/],
  ['decay', {mode: 'zclip', decay: 1}, /is 1\. .*<1/],
  ['warmupSteps', {mode: 'zclip', warmupSteps: 1}, /is 1\. .*>=2/],
  ['target', {mode: 'zclip', target: 'median'}, /"reciprocal"/],
])('refuses option %s of %j', (option, options, expected) => {
  const error = {code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:gradclip'};
  expect(() => gradClip(options as GradClipOptions)).toThrow(expect.objectContaining(error));
  expect(() => gradClip(options as GradClipOptions)).toThrow(`option "${option}"`);
  expect(() => gradClip(options as GradClipOptions)).toThrow(expected);
});

test.each<[unknown, RegExp]>([
  [{maxnorm: 1}, /has no option "maxnorm"\. Did you mean "maxNorm"\?/],
  [{mode: 'value', maxValue: 1, maxNorm: 1}, /has no option "maxNorm"/],
  [1, /its options are 1/],
])('refuses options %j', (options, expected) => {
  expect(() => gradClip(options as GradClipOptions)).toThrow(expected);
});
