/** The bound against a formula in float64, at its kink, far outside, and where numbers end. */
import '@tensorflow/tfjs-backend-cpu';
import {gradientError, seededRandom} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {boundFlow, boundOf} from '../index.js';
import {boundAt} from '../taps.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

const bound = (limit: number, knee = 0.5) => boundOf([limit, limit, limit, limit], knee);
/** Any number of values, as a flow; padded with zeros. */
const flowOf = (values: readonly number[]) => {
  const padded = [...values, ...Array.from({length: (4 - (values.length % 4)) % 4}, () => 0)];
  return tf.tensor4d(padded, [1, 1, padded.length / 4, 4]);
};
const bounded = (values: readonly number[], limit: number, knee?: number) =>
  [...boundFlow(flowOf(values), bound(limit, knee)).dataSync()].slice(0, values.length);
const slopes = (values: readonly number[], limit: number, knee?: number) =>
  [
    ...tf
      .grad(x => boundFlow(x as tf.Tensor4D, bound(limit, knee)))(flowOf(values))
      .dataSync(),
  ].slice(0, values.length);

test('values by hand: knee 24, limit 48', () => {
  expect(bounded([24, 48, 96, -48, 24 + 24 * 7], 48)).toEqual([24, 36, 42, -36, 24 + 21]);
});

test.each([0.5, 0.1, 0.9])('the formula in float64, with a knee at %p', knee => {
  const random = seededRandom(2);
  const values = Array.from({length: 64}, () => Math.fround(400 * (random() - 0.5)));
  const [k, w] = [48 * knee, 48 * (1 - knee)];
  const expected = values.map(x => {
    const excess = Math.abs(x) - k;
    return excess <= 0 ? x : Math.sign(x) * (k + (w * excess) / (w + excess));
  });
  bounded(values, 48, knee).forEach((y, i) => expect(y).toBeCloseTo(expected[i]!, 4));
});

test('up to the knee the flow comes out bit for bit, and its gradient with it', () => {
  const values = [0, -0, 1e-45, -1e-38, 0.1, 1 / 3, -7.77, 23.999998, 24, -24].map(Math.fround);
  bounded(values, 48).forEach((y, i) => expect(Object.is(y, values[i])).toBe(true));
  expect(slopes(values, 48)).toEqual(values.map(() => 1));
});

test('value and slope have no step at the knee', () => {
  const just = Math.fround(24.00001);
  expect(bounded([just], 48)[0]).toBeCloseTo(just, 6);
  expect(slopes([just], 48)[0]).toBeCloseTo(1, 5);
});

test.each([
  [8, 0.5],
  [3.3, 0.1],
  [700, 0.97],
])('no finite flow gets past the limit %p (knee %p), and none is turned around', (limit, knee) => {
  const powers = Array.from({length: 78}, (_, i) => Math.fround(10 ** (i / 2)));
  const values = [...powers, 3.4e38];
  const result = bounded(values, limit, knee);
  result.forEach((y, i) => {
    expect(y).toBeLessThanOrEqual(Math.fround(limit));
    expect(y).toBeGreaterThanOrEqual(result[i - 1] ?? 0);
  });
  expect(result.at(-1)).toBeCloseTo(limit, 3);
  bounded(
    values.map(x => -x),
    limit,
    knee,
  ).forEach((y, i) => expect(y).toBe(-result[i]!));
});

test('what is not finite stays visible, in value and gradient', () => {
  expect(bounded([NaN, Infinity, -Infinity], 48)).toEqual([NaN, NaN, NaN]);
  expect(slopes([NaN], 48)).toEqual([NaN]);
});

test('the gradient agrees with finite differences', () => {
  const random = seededRandom(4);
  const far = Array.from({length: 32}, () => 300 * (random() - 0.5));
  for (const knee of [0.3, 0.5, 0.8]) {
    const f = (x: tf.Tensor) => boundFlow(x as tf.Tensor4D, bound(48, knee));
    expect(gradientError(f, [flowOf(far)], {step: 0.05})).toBeLessThan(2e-3);
  }
});

test('where it saturates: the slope by distance, never 0 up to 1e15 px, where a tanh ends at 10 widths', () => {
  const widths = [0, 1, 9, 99, 1e6];
  const values = [...widths.map(n => 24 + 24 * n), 1e15];
  const got = slopes(values, 48);
  widths.forEach((n, i) => expect(got[i]! * (1 + n) ** 2).toBeCloseTo(1, 3));
  expect(got.at(-1)).toBeGreaterThan(0);
  const tanhSlope = (n: number) => {
    const y = Math.fround(Math.tanh(n));
    return Math.fround(1 - y * y);
  };
  expect([tanhSlope(1) > 0, tanhSlope(10)]).toEqual([true, 0]);
});

describe('limits', () => {
  const shape = [1, 32, 64, 4];
  const of = (unit: 'pixels' | 'share', limits: number[], stage = 0) =>
    boundAt({unit, limits, knee: 0.5}, stage, shape);

  test('a share is one of the width for x, of the height for y', () => {
    expect(of('share', [0.25])).toEqual({limit: [16, 8, 16, 8], knee: [8, 4, 8, 4]});
    expect(boundFlow(flowOf([100, 100, 2, 2]), of('share', [0.25])).arraySync()[0]![0]![0]).toEqual(
      // 8 + 8 * 92 / 100 and 4 + 4 * 96 / 100
      [expect.closeTo(15.36, 4), expect.closeTo(7.84, 4), 2, 2],
    );
  });

  test('one for each stage; the last applies to all later ones', () => {
    const first = (stage: number) => of('pixels', [96, 48], stage).limit[0];
    expect([0, 1, 2, 3].map(first)).toEqual([96, 48, 48, 48]);
  });
});

test('leaks no tensor', () => {
  const x = flowOf([1, 100, 1e30, NaN]);
  const before = tf.memory().numTensors;
  tf.tidy(() => void tf.grad(y => boundFlow(y as tf.Tensor4D, bound(48)))(x));
  expect(tf.memory().numTensors).toBe(before);
});
