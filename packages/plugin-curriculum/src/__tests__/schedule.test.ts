import type {SamplingPolicy} from '@rife-train/core';
import {optionsSchema, type CurriculumOptions, type ScheduledOptions} from '../options.js';
import {describePolicy, sharesOf, withGaps, withRehearsal} from '../policy.js';
import {gapsAt, reachOf} from '../schedule.js';

const stages: ScheduledOptions = {
  stages: [
    {until: 0.25, gaps: [1, 1]},
    {until: 0.5, gaps: [1, 8]},
    {until: 1, gaps: [4, 32]},
  ],
};

test.each([
  [0, [1, 1]],
  [0.249, [1, 1]],
  [0.25, [1, 8]],
  [0.499, [1, 8]],
  [0.5, [4, 32]],
  [0.999, [4, 32]],
  [1, [4, 32]],
])('stages: at %p of the run gaps are %j', (fraction, gaps) => {
  expect(gapsAt(stages, fraction)).toEqual(gaps);
});

const growing: ScheduledOptions = {from: [1, 1], to: [5, 33], over: [0.25, 0.75]};

test.each([
  [0, [1, 1]],
  [0.25, [1, 1]],
  [0.375, [2, 9]],
  [0.5, [3, 17]],
  [0.74999, [5, 33]],
  [0.75, [5, 33]],
  [1, [5, 33]],
])('growth: at %p of the run gaps are %j', (fraction, gaps) => {
  expect(gapsAt(growing, fraction)).toEqual(gaps);
});

test('growth takes the first half of the run by default', () => {
  expect([0, 0.25, 0.5, 0.9].map(f => gapsAt({from: [1, 1], to: [1, 33]}, f)[1])).toEqual([1, 17, 33, 33]);
});

test('growth never passes through an empty range or a fraction of a frame, and widens monotonely', () => {
  let before = 0;
  for (let i = 0; i <= 1000; i++) {
    const [min, max] = gapsAt({from: [3, 3], to: [1, 32], over: [0, 1]}, i / 1000);
    expect(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && min <= max).toBe(true);
    expect(max).toBeGreaterThanOrEqual(before);
    before = max;
  }
});

test('weights by gap stay with their own range, and go with another', () => {
  const policy = {minGap: 1, maxGap: 2, gapWeights: [3, 1]};
  expect(withGaps(policy, [1, 2])).toBe(policy);
  expect(withGaps(policy, [1, 3])).toEqual({minGap: 1, maxGap: 3});
});

test.each<[CurriculumOptions, [number, number]]>([
  [stages, [1, 32]],
  [{from: [2, 3], to: [4, 9]}, [2, 9]],
  [{from: [2, 3], to: [4, 9], rehearsal: {gaps: [1, 1]}}, [1, 9]],
  [
    {
      lossDriven: {
        ranges: [
          [2, 3],
          [3, 12],
        ],
      },
    },
    [2, 12],
  ],
  [{}, [3, 5]],
])('%j can come to the gaps %j', (options, reach) => {
  const data = {gaps: [3, 5]} as never;
  expect(reachOf(optionsSchema.parse(options), {data})).toEqual(reach);
});

describe('rehearsal', () => {
  const rehearsal = {share: 0.1, gaps: [1, 4] as const};

  test('reaches down from a range that has moved up; gaps between have weight 0', () => {
    expect(withRehearsal({minGap: 7, maxGap: 9}, rehearsal)).toEqual({
      minGap: 1,
      maxGap: 9,
      gapWeights: [0, 0, 0, 0, 0, 0, 1, 1, 1],
      rehearsal: {share: 0.1, gaps: [1, 4]},
    });
  });

  test('keeps weights that belong to the range', () => {
    const policy: SamplingPolicy = {minGap: 3, maxGap: 5, gapWeights: [5, 6, 7], balance: 'triplets'};
    expect(withRehearsal(policy, rehearsal)).toEqual({
      ...policy,
      minGap: 1,
      gapWeights: [0, 0, 5, 6, 7],
      rehearsal: {share: 0.1, gaps: [1, 4]},
    });
  });

  test('draws no gap that the range has not reached', () => {
    expect(withRehearsal({minGap: 1, maxGap: 2}, rehearsal).rehearsal).toEqual({share: 0.1, gaps: [1, 2]});
    const early = {minGap: 1, maxGap: 2};
    expect(withRehearsal(early, {share: 0.1, gaps: [3, 4]})).toBe(early);
  });

  test('leaves range and weights of a range that only widened', () => {
    expect(withRehearsal({minGap: 1, maxGap: 9}, rehearsal)).toEqual({
      minGap: 1,
      maxGap: 9,
      rehearsal: {share: 0.1, gaps: [1, 4]},
    });
  });
});

test('shares: those of the source, else the weights, else even', () => {
  const shares = (policy: SamplingPolicy) => [...sharesOf(policy)];
  const range = {minGap: 2, maxGap: 3};
  expect(shares({...range, gapWeights: [1, 3], gapShares: [0.4, 0.6]})).toEqual([
    [2, 0.4],
    [3, 0.6],
  ]);
  expect(shares({...range, gapWeights: [1, 3]})).toEqual([
    [2, 0.25],
    [3, 0.75],
  ]);
  expect(shares(range)).toEqual([
    [2, 0.5],
    [3, 0.5],
  ]);
});

test('a policy is described with its shares', () => {
  // 65 frames: 65 - 2g triplets of gap g, 1,024 in all.
  const gapShares = Array.from({length: 32}, (_, i) => (65 - 2 * (i + 1)) / 1024);
  expect(describePolicy({minGap: 1, maxGap: 32, balance: 'triplets', gapShares})).toBe(
    'gaps 1-32, balanced over triplets: 43.8 % gaps 1-8, 31.3 % gaps 9-16, 18.8 % gaps 17-24, 6.3 % gaps 25-32',
  );
  expect(describePolicy({minGap: 3, maxGap: 3, gapShares: [1]})).toBe(
    'gap 3, balanced over gaps: 100.0 % gap 3',
  );
  expect(describePolicy({minGap: 1, maxGap: 5, gapShares: [0.2, 0.2, 0.2, 0.2, 0.2]})).toBe(
    'gaps 1-5, balanced over gaps: 40.0 % gaps 1-2, 40.0 % gaps 3-4, 20.0 % gap 5',
  );
  expect(describePolicy({minGap: 1, maxGap: 2})).toBe('gaps 1-2, balanced over gaps');
});
