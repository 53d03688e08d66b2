import type {TrainConfig} from '@rife-train/core';
import {freshWatch, improvementOf, observe, type Watch} from '../plateau.js';
import {addTo, type Means} from '../running.js';
import {dataStepOf, decide, gapBefore, inForce, leadOf, rangeAfter, type Decisions} from '../widening.js';

const OPTIONS = {window: 4, improvement: 0.1};

/** Plateaus after each window of losses of gap 5. */
function plateausOf(losses: readonly number[]): number[] {
  let watch: Watch = freshWatch(0);
  const counts: number[] = [];
  for (const loss of losses) {
    watch = observe(watch, [{gap: 5, loss}], OPTIONS);
    if (watch.updates === 0) counts.push(watch.plateaus);
  }
  return counts;
}
/** Windows of the given means, four equal values each. */
const windows = (...means: number[]) => means.flatMap(mean => [mean, mean, mean, mean]);

test('consecutive windows that fall by less than the requested fraction count', () => {
  //                              1      -20 %  -6 %   +20 %  -22 %  -9.9 %
  expect(plateausOf(windows(1, 0.8, 0.75, 0.9, 0.7, 0.631))).toEqual([0, 0, 1, 2, 0, 1]);
});

test('the bound itself is an improvement', () => {
  expect(plateausOf(windows(1, 0.875))).toEqual([0, 0]);
  expect(plateausOf(windows(0, 0))).toEqual([0, 1]);
});

test('one noisy value, however large or small and wherever it is, never gives two plateaus', () => {
  const falling = windows(1, 0.8, 0.64, 0.5, 0.4, 0.32, 0.25);
  expect(Math.max(...plateausOf(falling))).toBe(0);
  for (let at = 0; at < falling.length; at++)
    for (const noisy of [0, 1e-3, 3, 100, 1e9])
      expect(Math.max(...plateausOf(falling.with(at, noisy)))).toBeLessThan(2);
});

test('noise around a level that stays does give plateaus', () => {
  const noise = Array.from({length: 48}, (_, i) => 0.5 + 0.01 * Math.sin(37 * i));
  expect(plateausOf(noise).at(-1)).toBe(11);
});

test('windows are compared over the gaps that both have, each gap counting once', () => {
  // Gap 2 was 1 and is 0.5; gap 3 stays at 2; gap 9 is in one alone.
  const before = {2: [2, 2], 3: [2, 1], 9: [100, 1]} as const;
  const after = {2: [5, 10], 3: [4, 2], 1: [0.1, 1]} as const;
  expect(improvementOf(before, after)).toBeCloseTo(1 - 2.5 / 3, 12);
  expect(improvementOf(before, {1: [1, 1]})).toBeUndefined();
  expect(improvementOf({2: [1, 1]}, {2: [2, 1]})).toBe(-1);
});

test('windows without a sample of the watched gaps decide nothing', () => {
  let watch = freshWatch(7);
  const feed = (losses: readonly (number | undefined)[]) => {
    for (const loss of losses) watch = observe(watch, loss === undefined ? [] : [{gap: 5, loss}], OPTIONS);
  };
  feed(windows(1, 1));
  expect(watch).toMatchObject({from: 7, plateaus: 1});
  feed([undefined, undefined, undefined, undefined]);
  expect(watch).toMatchObject({plateaus: 1, previous: {5: [4, 4]}});
  feed(windows(0.5));
  expect(watch.plateaus).toBe(0);
});

test('a step changes nothing of the watch that it was given', () => {
  const watch = Object.freeze({...freshWatch(0), current: Object.freeze({})});
  expect(observe(watch, [{gap: 1, loss: 1}], OPTIONS).current).toEqual({1: [1, 1]});
  expect(watch.current).toEqual({});
});

describe('running means', () => {
  test('are the plain mean of the first values, then forget', () => {
    const means: Means = {};
    for (const value of [1, 2, 6]) addTo(means, 3, value, 3);
    expect(means[3]).toEqual([3, 3]);
    addTo(means, 3, 9, 3);
    expect(means[3]).toEqual([5, 4]); // 3 + (9 - 3) / 3
    expect(Object.keys(means)).toEqual(['3']);
  });

  test.each([NaN, Infinity, -Infinity])('never take %p in', value => {
    const means: Means = {};
    addTo(means, 1, 2, 10);
    addTo(means, 1, value, 10);
    addTo(means, 2, value, 10);
    expect(means).toEqual({1: [2, 1]});
  });
});

describe('decisions', () => {
  const decisions: Decisions = [
    [0, [1, 2]],
    [10, [1, 4]],
    [30, [3, 8]],
  ];

  test.each([
    [0, [1, 2], 0],
    [9, [1, 2], 0],
    [10, [1, 4], 2],
    [29, [1, 4], 2],
    [1000, [3, 8], 4],
  ])('at step %i gaps %j are in force, the hardest above %i', (step, gaps, before) => {
    expect(inForce(decisions, step)[1]).toEqual(gaps);
    expect(gapBefore(decisions, step)).toBe(before);
  });

  test('the first one holds before its own step, too', () => {
    expect(inForce([[50, [1, 2]]], 3)[1]).toEqual([1, 2]);
  });

  test('the next range is the first that reaches further, also after one that is not in the list', () => {
    const ranges = [
      [1, 2],
      [1, 4],
      [3, 8],
    ] as const;
    expect(rangeAfter({ranges: [...ranges]}, [1, 2])).toEqual([1, 4]);
    expect(rangeAfter({ranges: [...ranges]}, [1, 5])).toEqual([3, 8]);
    expect(rangeAfter({ranges: [...ranges]}, [3, 8])).toBeUndefined();
  });

  /**
   * Largest step asked for once the batches of step d are handed out and `prefetch` more are drawn.
   */
  const reached = (step: number, prefetch: number, microSteps: number) =>
    Math.floor((step * microSteps + microSteps - 1 + prefetch) / microSteps);

  test('take effect at the first step that no batch can have been drawn for', () => {
    for (let prefetch = 1; prefetch <= 9; prefetch++)
      for (let microSteps = 1; microSteps <= 5; microSteps++) {
        const lead = leadOf({data: {prefetch}, optim: {microSteps}} as never);
        expect(7 + lead).toBe(reached(7, prefetch, microSteps) + 1);
      }
  });

  const ways = {
    ranges: [
      [1, 2],
      [1, 4],
    ],
    window: 4,
    improvement: 0.1,
    patience: 2,
    minSteps: 20,
    maxSteps: 50,
  } as const;
  const options = {...ways, ranges: [...ways.ranges]};
  const moment = {step: 20, lead: 5, plateaus: 2, lastAsked: 24};
  const first: Decisions = [[0, [1, 2]]];
  const moved: Decisions = [
    [0, [1, 2]],
    [25, [1, 4]],
  ];

  test.each([
    ['patience is over', {}, moved],
    ['it is not', {plateaus: 1}, first],
    ['minSteps would not be reached', {step: 14, lastAsked: 18}, first],
    [
      'minSteps are reached just then',
      {step: 15, lastAsked: 19},
      [
        [0, [1, 2]],
        [20, [1, 4]],
      ],
    ],
    ['maxSteps would not be reached', {plateaus: 0, step: 44, lastAsked: 48}, first],
    [
      'maxSteps are reached just then',
      {plateaus: 0, step: 45, lastAsked: 49},
      [
        [0, [1, 2]],
        [50, [1, 4]],
      ],
    ],
  ])('when %s', (_, change, expected) => {
    expect(decide(first, options, {...moment, ...change})).toEqual(expected);
  });

  test('one at a time, and none after the last range', () => {
    expect(decide(moved, options, {...moment, step: 21, lastAsked: 25})).toBe(moved);
    expect(decide(moved, options, {...moment, step: 200, lastAsked: 204})).toBe(moved);
  });

  test('refuse to change what was asked for', () => {
    expect(() => decide(first, options, {...moment, lastAsked: 25})).toThrow(
      expect.objectContaining({
        code: 'RIFE_ERR_PLUGIN_READ_AHEAD',
        plugin: 'rife:curriculum',
        message: expect.stringContaining(
          'from step 25 on, but the batch source has already requested step 25',
        ),
      }),
    );
  });
});

test('a step of the data is so many batches, whatever the optimizer has done', () => {
  const config = {optim: {microSteps: 3}} as TrainConfig;
  expect([0, 2, 3, 8, 9].map(batch => dataStepOf(batch, config))).toEqual([0, 0, 1, 2, 3]);
});
