import type {PluginTrainer, Progress, SamplingPolicy} from '@rife-train/core';
import {curriculum, gapsAt, withGaps, type CurriculumOptions} from '../index.js';

const at = (fraction: number): Progress => ({step: Math.round(fraction * 1000), steps: 1000, fraction});
type Tap = (policy: SamplingPolicy, progress: Progress) => SamplingPolicy;

function tapOf(options: CurriculumOptions): Tap {
  let tap: Tap | undefined;
  const hooks = {sampling: {tap: (_name: string, fn: Tap) => (tap = fn)}};
  curriculum(options).apply({hooks} as unknown as PluginTrainer);
  return tap!;
}

const stages: CurriculumOptions = {
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

const growing: CurriculumOptions = {from: [1, 1], to: [5, 33], over: [0.25, 0.75]};

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

test('growth never passes through an empty range or a fraction of a frame', () => {
  for (let i = 0; i <= 1000; i++) {
    const [min, max] = gapsAt({from: [3, 3], to: [1, 32], over: [0, 1]}, i / 1000);
    expect(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && min <= max).toBe(true);
  }
});

test('the tap returns a new policy that depends on its arguments alone', () => {
  const tap = tapOf(stages);
  const policy = {minGap: 1, maxGap: 1};
  expect(tap(policy, at(0.3))).toEqual({minGap: 1, maxGap: 8});
  expect(tap(policy, at(0.9))).toEqual({minGap: 4, maxGap: 32});
  expect(tap(policy, at(0.3))).toEqual({minGap: 1, maxGap: 8});
  expect(policy).toEqual({minGap: 1, maxGap: 1});
});

test('weights by gap stay with their own range, and go with another', () => {
  const policy = {minGap: 1, maxGap: 2, gapWeights: [3, 1]};
  expect(withGaps(policy, [1, 2])).toBe(policy);
  expect(withGaps(policy, [1, 3])).toEqual({minGap: 1, maxGap: 3});
});

const stage = {until: 1, gaps: [1, 2]};
test.each<[option: string, options: unknown, expected: string]>([
  ['options', undefined, '{from: [1, 1], to: [1, 32], over: [0, 0.5]} or'],
  ['stages', {stages: []}, 'a list of stages'],
  ['stages', {stages: {}}, 'a list of stages'],
  ['stages[0]', {stages: [null]}, 'an object such as'],
  ['stages[0].until', {stages: [{...stage, until: 0}]}, 'a fraction of the run above 0, up to 1, but got 0'],
  [
    'stages[1].until',
    {
      stages: [
        {...stage, until: 0.5},
        {...stage, until: 0.5},
      ],
    },
    'a fraction of the run above 0.5',
  ],
  ['stages[0].until', {stages: [{...stage, until: 100}]}, 'a fraction of the run above 0'],
  ['stages[0].until', {stages: [{...stage, until: 0.5}]}, '1, so that the last stage reaches the end'],
  ['stages[0].gaps', {stages: [{...stage, gaps: [2, 1]}]}, 'a range of whole gaps'],
  ['stages[0].gap', {stages: [{...stage, gap: 1}]}, 'left out (there are until, gaps)'],
  ['from', {stages: [stage], from: [1, 1]}, 'left out (there are stages)'],
  ['from', {to: [1, 2]}, 'a range of whole gaps'],
  ['from', {from: [0, 1], to: [1, 2]}, 'a range of whole gaps from 1 on'],
  ['to', {from: [1, 1], to: [1, 2.5]}, 'a range of whole gaps'],
  ['over', {from: [1, 1], to: [1, 2], over: [0.5, 0.1]}, 'two rising fractions of the run'],
  ['until', {from: [1, 1], to: [1, 2], until: 1}, 'left out (there are from, to, over)'],
])('refuses option %s of %j', (option, options, expected) => {
  const error = {code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:curriculum'};
  expect(() => curriculum(options as CurriculumOptions)).toThrow(expect.objectContaining(error));
  expect(() => curriculum(options as CurriculumOptions)).toThrow(`option "${option}" must be ${expected}`);
});
