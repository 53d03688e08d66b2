import '@tensorflow/tfjs-backend-cpu';
import {definePlugin} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {firstDifference, nonFinitePlace} from '../conformance/differences.js';
import {PluginProbe, probeTrace} from '../index.js';

tf.env().set('IS_TEST', true);

const example = definePlugin({
  name: 'test:example',
  apply({hooks, config, log, warn}) {
    let count = 0;
    hooks.sampling.tap('a', policy => ({...policy, maxGap: policy.maxGap + 1}));
    hooks.sampling.tap({name: 'b'}, (policy, {step}) => ({...policy, maxGap: policy.maxGap * step}));
    hooks.afterStep.tapPromise('c', async () => void (count += 1));
    hooks.onNaN.tap('d', () => 'skip');
    hooks.save.tap('e', ({plugins}) => void (plugins['test:example'] = {count, lost: undefined}));
    hooks.load.tap('f', ({plugins}) => void (count = Number(plugins['test:example'] ?? 0)));
    hooks.done.tap('g', () => {
      log(`crop ${String(config.data.crop)}`);
      warn(String(config.seed));
    });
  },
});

test('taps run one after the other, each with the result of the previous one', () => {
  const probe = new PluginProbe(example);
  expect(probe.pass('sampling', {minGap: 1, maxGap: 2}, {step: 5})).toEqual({minGap: 1, maxGap: 15});
  expect(probe.pass('flow', 7)).toBe(7);
  expect(probe.tapped).toEqual(['sampling', 'afterStep', 'onNaN', 'save', 'load', 'done']);
});

test('state comes back as a checkpoint would give it', async () => {
  const probe = new PluginProbe(example);
  await probe.call('afterStep');
  expect(await probe.saved('test:example')).toStrictEqual({count: 1});
  await probe.load('test:example', 41);
  await probe.call('afterStep');
  expect(await probe.saved('test:example')).toEqual({count: 42});
  expect(await probe.saved('other')).toBeUndefined();
});

test('verdicts, lines and configuration', async () => {
  const probe = new PluginProbe(example, {data: {root: 'x', crop: 64}, seed: 1});
  expect(await probe.call('onNaN')).toBe('skip');
  await probe.call('done');
  expect(probe.lines).toEqual(['crop 64', 'warning: 1']);
});

test('a trace evaluates scalars at once and keeps logs', () => {
  const weight = tf.ones([2, 3]);
  const trace = probeTrace({
    progress: {step: 250},
    gap: [1, 4],
    parameters: {weight, bias: tf.ones([3])},
    unitAxes: {weight: 1},
  });
  expect(trace.scalar('x.y', ({fraction}) => 2 * fraction).dataSync()[0]).toBe(0.5);
  trace.log('kit/nonFinite', tf.scalar(3));
  expect(trace.logs).toEqual({'kit/nonFinite': 3});
  expect([...trace.timestep.dataSync()]).toEqual([0.5, 0.5]);
  expect(trace.parameter('weight')).toMatchObject({value: weight, spec: {shape: [2, 3], unitAxis: 1}});
  expect(trace.parameter('bias').spec).not.toHaveProperty('unitAxis');
  expect(() => trace.parameter('wieght')).toThrow('"wieght"');
});

test('the first difference is found and named', () => {
  expect(firstDifference({a: [1, {b: NaN}]}, {a: [1, {b: NaN}]})).toBeUndefined();
  expect(firstDifference({a: [1, {b: 2}]}, {a: [1, {b: 3}]})).toBe('a.1.b: 2, not 3');
  expect(firstDifference({a: 0}, {a: -0})).toBe('a: 0, not 0');
  expect(firstDifference({a: 1}, {a: 1, b: 'x'})).toBe('b: undefined, not x');
  expect(firstDifference(Float32Array.of(1, 2), Float32Array.of(1, 3))).toBe('[1]: 2, not 3');
  expect(firstDifference({x: Float32Array.of(1)}, {x: Float32Array.of(1, 3)})).toBe('x: 1 values, not 2');
  expect(nonFinitePlace({a: [0, {b: Infinity}]})).toBe('a.1.b: Infinity');
  expect(nonFinitePlace({a: ['x', null]})).toBeUndefined();
});
