import {expect, test} from '@jest/globals';
import {conformance, gradientError, PluginProbe, probeTrace} from '@rife-train/testing';
import '@tensorflow/tfjs'; // gradients, and a backend of plain JavaScript
import * as tf from '@tensorflow/tfjs-core';
import {roughness, smoothFlow} from '../index.js';

conformance(() => smoothFlow(), {factory: smoothFlow});

const EPSILON = 0.01;
const charbonnier = (d: number) => Math.sqrt(d * d + EPSILON ** 2) - EPSILON;

/** A flow [1,H,W,4] of a function of its place. */
const flowOf = (height: number, width: number, value: (y: number, x: number, f: number) => number) =>
  tf.tensor4d(
    Array.from({length: height * width * 4}, (_, i) =>
      value(Math.floor(i / (4 * width)), Math.floor(i / 4) % width, i % 4),
    ),
    [1, height, width, 4],
  );

test('a constant flow costs nothing, and has a finite slope', async () => {
  const flow = flowOf(3, 4, () => 7.5);
  expect([...(await roughness(flow, EPSILON).data())]).toEqual([0]);
  const slope = tf.grad((x: tf.Tensor) => tf.sum(roughness(x as tf.Tensor4D, EPSILON)))(flow);
  expect([...(await slope.data())].every(value => value === 0)).toBe(true);
});

test('a ramp costs its slope at every pixel, in both directions', async () => {
  const [cost] = await roughness(
    flowOf(5, 6, (y, x) => 3 * x - 2 * y),
    EPSILON,
  ).data();
  expect(cost).toBeCloseTo(charbonnier(3) + charbonnier(2), 5);
});

test('one edge in one channel, summed by hand', async () => {
  // Columns 0, 0, 5, 5 in channel 2: of the 2 x 3 x 4 steps along a row, the 2 from column 1 to 2
  // are 5.
  const [cost] = await roughness(
    flowOf(2, 4, (_, x, f) => (f === 2 && x > 1 ? 5 : 0)),
    EPSILON,
  ).data();
  expect(cost).toBeCloseTo((2 * charbonnier(5)) / 24, 6);
});

test('the gradient is the slope', () => {
  const flow = flowOf(3, 4, (y, x, f) => Math.sin(3 * y + 2 * x + f));
  expect(gradientError(x => roughness(x as tf.Tensor4D, 0.5), [flow])).toBeLessThan(1e-3);
});

test('the term is the mean over the student blocks, weaker at large gaps', async () => {
  const probe = new PluginProbe(smoothFlow({weight: 0.5, epsilon: EPSILON}));
  const trace = probeTrace({gap: [2]});
  const blocks = [flowOf(3, 3, (_, x) => x), flowOf(3, 3, (_, x) => 3 * x)];
  const infoOf = (stage: number, role: 'student' | 'teacher') => ({
    block: `block${stage}`,
    stage,
    scale: 1,
    role,
  });
  blocks.forEach((flow, i) => expect(probe.pass('flow', flow, infoOf(i, 'student'), trace)).toBe(flow));
  probe.pass(
    'flow',
    flowOf(3, 3, (_, x) => 100 * x),
    infoOf(2, 'teacher'),
    trace,
  );
  const loss = probe.pass('afterLoss', {terms: {}, weights: {}} as never, trace) as {
    terms: Record<string, tf.Tensor>;
    weights: Record<string, tf.Tensor>;
  };
  const expected = (charbonnier(1) + charbonnier(3)) / 2;
  expect((await loss.terms['smoothFlow']!.data())[0]).toBeCloseTo(expected, 5);
  expect((await loss.weights['smoothFlow']!.data())[0]).toBeCloseTo(0.25, 6);
  expect(trace.logs['smooth-flow/roughness']).toBeCloseTo(expected, 5);
});

test('options are checked', () => {
  expect(() => smoothFlow({weight: 0})).toThrow('"weight"');
  expect(() => smoothFlow({wait: 1} as never)).toThrow(/wait/);
});
