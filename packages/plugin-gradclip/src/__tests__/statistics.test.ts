import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type {GradClipOptions} from '../index.js';
import {Clipping, expectClose} from './helpers/clipping.js';

tf.env().set('IS_TEST', true);

const NORMS = [3, 1, 4, 1.5, 9, 2.6, 5.3, 0.5, 8.9, 7.9];

/** numpy.percentile with linear interpolation, written out. */
function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (q / 100) * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low]! + ((sorted[low + 1] ?? 0) - sorted[low]!) * (place - low);
}

describe('AutoClip', () => {
  // numpy.percentile (2.4) of the norms up to each step.
  test.each([
    [10, [3, 1.2, 1.4, 1.15, 1.2, 1.25, 1.3, 0.85, 0.9, 0.95]],
    [50, [3, 2, 3, 2.25, 3, 2.8, 3, 2.8, 3, 3.5]],
    [90, [3, 2.8, 3.8, 3.7, 7, 6.5, 6.78, 6.41, 8.92, 8.91]],
    [100, [3, 3, 4, 4, 9, 9, 9, 9, 9, 9]],
  ])('bounds by percentile %p, the current norm included', async (q, bounds) => {
    const after = await new Clipping({mode: 'autoclip', percentile: q}).norms(NORMS);
    expectClose(
      after,
      NORMS.map((norm, i) => Math.min(norm, bounds[i]!)),
    );
  });

  test('counts the last `history` norms', async () => {
    const bounds = [3, 2, 3, 2.25, 2.75, 3.3, 3.95, 3.95, 3.95, 6.6];
    const after = await new Clipping({mode: 'autoclip', percentile: 50, history: 4}).norms(NORMS);
    expectClose(
      after,
      NORMS.map((norm, i) => Math.min(norm, bounds[i]!)),
    );
  });

  test('300 random norms, with repetitions, in a window of 37', async () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const norms = Array.from({length: 300}, () => Math.fround(Math.ceil(random() * 40) / 8));
    const after = await new Clipping({mode: 'autoclip', percentile: 33, history: 37}).norms(norms);
    const bound = (i: number) => percentile(norms.slice(Math.max(0, i - 36), i + 1), 33);
    expectClose(
      after,
      norms.map((norm, i) => Math.min(norm, bound(i))),
      5,
    );
  });

  test('remembers no more than its window', async () => {
    const clipping = new Clipping({mode: 'autoclip', history: 4});
    await clipping.norms(NORMS);
    expect(await clipping.saved()).toMatchObject({statistic: NORMS.slice(-3).map(Math.fround), updates: 10});
  });

  test('a history of zeros does not silence what comes then', async () => {
    expect(await new Clipping({mode: 'autoclip'}).norms([0, 0, 0, 2])).toEqual([0, 0, 0, 2]);
  });

  test('maxNorm holds whatever the percentile', async () => {
    const after = await new Clipping({mode: 'autoclip', percentile: 100, maxNorm: 2}).norms([1, 5, 9]);
    expectClose(after, [1, 2, 2]);
  });
});

describe('ZClip', () => {
  const SEQUENCE = [1, 1.2, 0.9, 1.1, 1.05, 6, 1, 3, 0.8, 1.3];
  const options = {mode: 'zclip', decay: 0.9, warmupSteps: 4} as const;

  // The published algorithm in float64: mean and variance of the warm-up, then their moving
  // averages, in which an outlier counts as what it was brought down to.
  test.each([
    ['reciprocal', [1, 1.2, 0.9, 1.1, 1.05, 1.0642046794, 1, 1.0761620136, 0.8, 1.3]],
    ['mean', [1, 1.2, 0.9, 1.1, 1.05, 1.05, 1, 1.045, 0.8, 1.0205]],
    ['threshold', [1, 1.2, 0.9, 1.1, 1.05, 1.3151650429, 1, 1.3721027767, 0.8, 1.3]],
  ] as const)('brings outliers down to %s', async (target, expected) => {
    expectClose(await new Clipping({...options, target}).norms(SEQUENCE), expected, 5);
  });

  test('does not clip in its warm-up', async () => {
    expect(await new Clipping(options).norms([1, 100, 1, 1])).toEqual([1, 100, 1, 1]);
  });

  test('norms that were all equal: the first other one is brought back to them, and none to 0', async () => {
    expectClose(await new Clipping(options).norms([2, 2, 2, 2, 3]), [2, 2, 2, 2, 2], 5);
    expect(await new Clipping(options).norms([0, 0, 0, 0, 3])).toEqual([0, 0, 0, 0, 3]);
  });

  test('maxNorm holds in every step after the warm-up', async () => {
    const after = await new Clipping({...options, maxNorm: 0.95}).norms(SEQUENCE);
    expectClose(after.slice(4), [0.95, 0.95, 0.95, 0.95, 0.8, 0.95]);
  });
});

describe.each<GradClipOptions>([
  {mode: 'autoclip', percentile: 40, history: 5},
  {mode: 'zclip', decay: 0.8, warmupSteps: 3},
  {warmupSteps: 4},
])('the state of %j', options => {
  test.each([0, 1, 2, 4, 7])('continues to the bit from a checkpoint after %i steps', async stop => {
    const whole = new Clipping(options);
    const expected = await whole.norms(NORMS);
    const first = new Clipping(options);
    const before = await first.norms(NORMS.slice(0, stop));
    const second = new Clipping(options);
    await second.load(await first.saved());
    expect([...before, ...(await second.norms(NORMS.slice(stop)))]).toEqual(expected);
    expect(await second.saved()).toEqual(await whole.saved());
  });

  test('is restored by a rollback', async () => {
    const clipping = new Clipping(options);
    await clipping.norms(NORMS.slice(0, 5));
    const checkpoint = await clipping.saved();
    const expected = await clipping.norms(NORMS.slice(5));
    await clipping.load(checkpoint);
    expect(await clipping.norms(NORMS.slice(5))).toEqual(expected);
  });

  test('starts afresh, without a message, if the checkpoint has none', async () => {
    const clipping = new Clipping(options);
    const empty = await clipping.saved();
    await clipping.norms(NORMS);
    await clipping.load(undefined);
    expect(await clipping.saved()).toEqual(empty);
    expect(clipping.probe.lines).toEqual([]);
  });

  test.each([
    [{mode: 'value', updates: 3, recent: '000'}],
    [{mode: options.mode ?? 'norm', updates: 0.5, recent: ''}],
    [3],
  ])('starts afresh with a warning on %j', async state => {
    const clipping = new Clipping(options);
    const empty = await clipping.saved();
    await clipping.norms(NORMS);
    await clipping.load(state);
    expect(await clipping.saved()).toEqual(empty);
    expect(clipping.probe.lines).toEqual([expect.stringMatching(/^warning: .*start afresh/)]);
  });
});
