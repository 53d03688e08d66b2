import '@tensorflow/tfjs-backend-cpu';
import type {LossState, Trace} from '@rife-train/core';
import {seededRandom} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  gapLosses,
  inverseWeights,
  learnLogVariances,
  sampleWeights_B,
  weighLoss,
  type GapLoss,
} from '../lossWeights.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

const even = (...losses: number[]): GapLoss[] =>
  losses.map((loss, i) => ({gap: i + 1, loss, share: 1 / losses.length}));
const meanOf = (losses: readonly GapLoss[], weights: ReadonlyMap<number, number>) =>
  losses.reduce((sum, {gap, share}) => sum + share * weights.get(gap)!, 0) /
  losses.reduce((sum, {share}) => sum + share, 0);

describe('inverse weights', () => {
  test('by hand: losses 1, 2, 4 give 12/7, 6/7, 3/7', () => {
    const weights = inverseWeights(even(1, 2, 4), [0.1, 10]);
    [12 / 7, 6 / 7, 3 / 7].forEach((weight, i) => expect(weights.get(i + 1)).toBeCloseTo(weight, 12));
  });

  test('by hand, with shares: mean over the shares is 1', () => {
    const losses = [
      {gap: 1, loss: 1, share: 0.75},
      {gap: 9, loss: 3, share: 0.25},
    ];
    // c (0.75 / 1 + 0.25 / 3) = 1
    expect(inverseWeights(losses, [0.1, 10]).get(1)).toBeCloseTo(1.2, 12);
    expect(inverseWeights(losses, [0.1, 10]).get(9)).toBeCloseTo(0.4, 12);
  });

  test('by hand, at a bound: the others take up what it leaves', () => {
    // Unbounded 1.8, 0.2; the smaller is held at 0.5, so the other is 1.5.
    const weights = inverseWeights(even(1, 9), [0.5, 4]);
    expect([...weights.values()]).toEqual([expect.closeTo(1.5, 12), 0.5]);
  });

  test('of equal losses are 1, whatever the shares', () => {
    const weights = inverseWeights(
      [
        {gap: 1, loss: 0.3, share: 0.9},
        {gap: 2, loss: 0.3, share: 0.1},
      ],
      [0.25, 4],
    );
    for (const weight of weights.values()) expect(weight).toBeCloseTo(1, 12);
  });

  test('bounds and mean hold for any losses, and a larger loss never weighs more', () => {
    const uniform = seededRandom(5);
    for (let trial = 0; trial < 300; trial++) {
      const count = 1 + (trial % 32);
      const losses = Array.from({length: count}, (_, i) => ({
        gap: i + 1,
        loss: trial % 7 === 0 && i === 0 ? 0 : 10 ** (6 * uniform() - 3),
        share: (0.01 + uniform()) / count,
      }));
      const bounds = [
        [0.25, 4],
        [0.9, 1.1],
        [1, 1],
        [0.01, 100],
        [1, 8],
      ][trial % 5] as [number, number];
      const weights = inverseWeights(losses, bounds);
      expect(meanOf(losses, weights)).toBeCloseTo(1, 9);
      for (const weight of weights.values()) {
        expect(weight).toBeGreaterThanOrEqual(bounds[0]);
        expect(weight).toBeLessThanOrEqual(bounds[1]);
      }
      const sorted = [...losses].sort((a, b) => a.loss - b.loss).map(({gap}) => weights.get(gap)!);
      for (let i = 1; i < count; i++) expect(sorted[i]).toBeLessThanOrEqual(sorted[i - 1]!);
    }
  });

  test('a gap that is not drawn has no part in the mean', () => {
    const losses = [...even(1, 4), {gap: 30, loss: 2, share: 0}];
    const weights = inverseWeights(losses, [0.1, 10]);
    expect([...weights.values()]).toEqual([1.6, 0.4, 0.8].map(weight => expect.closeTo(weight, 12)));
    expect(inverseWeights([{gap: 30, loss: 2, share: 0}], [0.1, 10]).get(30)).toBe(1);
    expect(inverseWeights([], [0.1, 10]).size).toBe(0);
  });
});

describe('uncertainty', () => {
  const options = {minSamples: 3, rate: 0.1};
  const mean = {1: [0.5, 3]} as const;

  test('a logarithm begins at the mean loss, once there are enough samples', () => {
    expect(learnLogVariances({}, [{gap: 1, loss: 0.5}], {1: [0.5, 2]}, options)).toEqual({});
    expect(learnLogVariances({}, [{gap: 1, loss: 0.5}], mean, options)[1]).toBeCloseTo(Math.log(0.5), 12);
  });

  test("a step is that of Kendall's loss, by finite differences", () => {
    const s = -0.3;
    const losses = [0.2, 1.1];
    const objective = (at: number) =>
      losses.reduce((sum, loss) => sum + (Math.exp(-at) * loss) / 2 + at / 2, 0) / losses.length;
    const slope = (objective(s + 1e-6) - objective(s - 1e-6)) / 2e-6;
    const samples = losses.map(loss => ({gap: 1, loss}));
    expect(learnLogVariances({1: s}, samples, mean, options)[1]).toBeCloseTo(s - 0.1 * slope, 9);
  });

  test('settles where exp(s) is the mean loss', () => {
    let s: Record<string, number> = {1: 2};
    for (let i = 0; i < 2000; i++)
      s = learnLogVariances(s, [{gap: 1, loss: i % 2 ? 0.1 : 0.3}], mean, {...options, rate: 0.02});
    expect(Math.exp(s[1]!)).toBeCloseTo(0.2, 2);
  });

  test('an outlier moves it by a bounded step; a loss of 0 leaves it finite', () => {
    const s = learnLogVariances({1: 0}, [{gap: 1, loss: 1e30}], mean, options)[1]!;
    expect(s).toBeCloseTo((0.1 / 2) * 9, 12);
    let zero: Record<string, number> = {1: 0};
    for (let i = 0; i < 2000; i++) zero = learnLogVariances(zero, [{gap: 1, loss: 0}], mean, options);
    expect(Number.isFinite(zero[1])).toBe(true);
  });

  test('replaces the running loss in the weights; gaps without enough samples are left out', () => {
    const means = {1: [0.5, 30], 2: [0.7, 30], 3: [0.9, 2]} as const;
    const shares = new Map([
      [1, 0.5],
      [2, 0.5],
    ]);
    const of = (mode: 'inverse' | 'uncertainty') =>
      gapLosses(means, {1: Math.log(0.25)}, shares, {mode, minSamples: 20}).map(({gap, loss, share}) => [
        gap,
        loss,
        share,
      ]);
    expect(of('inverse')).toEqual([
      [1, 0.5, 0.5],
      [2, 0.7, 0.5],
    ]);
    expect(of('uncertainty')).toEqual([
      [1, expect.closeTo(0.25, 12), 0.5],
      [2, 0.7, 0.5],
    ]);
  });
});

describe('in the graph', () => {
  const traceOf = (gaps: readonly number[]) => {
    const names: string[] = [];
    const trace = {
      gap: tf.tensor1d([...gaps]),
      scalar: (name: string, value: () => number) => (names.push(name), tf.scalar(value())),
    } as unknown as Trace;
    return {trace, names};
  };
  const weightAt = (gap: number) => () => gap / 10;

  test('each sample gets the weight of its gap, rounded up; outside the reach that of the end', () => {
    const {trace, names} = traceOf([2, 4, 2.5, 3.5, 1, 9]);
    const weights = sampleWeights_B(trace, [2, 5], weightAt);
    expect([...weights.dataSync()].map(weight => +weight.toFixed(6))).toEqual([0.2, 0.4, 0.3, 0.4, 0.2, 0.5]);
    expect(names).toEqual([2, 3, 4, 5].map(gap => `curriculum.weight${gap}`));
  });

  test('weighs every term, leaves out what is left out, and hides no NaN', () => {
    const loss: LossState = {
      terms: {
        a: tf.tensor1d([1, NaN]),
        b: tf.tensor1d([1, 1]),
        c: tf.tensor1d([NaN, NaN]),
        d: tf.tensor1d([1, 1]),
      },
      weights: {a: 1, b: 0.5, c: 0, d: tf.tensor1d([2, 4])},
    };
    const {terms, weights} = weighLoss(loss, tf.tensor1d([0.5, 4]));
    expect(terms).toBe(loss.terms);
    const values = (term: string) => [...(weights[term] as tf.Tensor).dataSync()];
    expect([values('a'), values('b'), weights['c'], values('d')]).toEqual([[0.5, 4], [0.25, 2], 0, [1, 16]]);
    expect([...tf.mul(terms['a']!, weights['a'] as tf.Tensor).dataSync()]).toEqual([0.5, NaN]);
  });
});
