import {curriculum, type CurriculumOptions} from '../index.js';

const stage = {until: 1, gaps: [1, 2]};
const ranges = [
  [1, 2],
  [1, 4],
];

test.each<[option: string, options: unknown, expected: RegExp]>([
  ['stages', {stages: []}, /a list of stages/],
  ['stages', {stages: {}}, /a list of stages/],
  ['stages.0', {stages: [null]}, /object/],
  [
    'stages.0.until',
    {stages: [{...stage, until: 0}]},
    /is 0\. Expected a fraction of the run above 0, up to 1/,
  ],
  [
    'stages.1.until',
    {
      stages: [
        {...stage, until: 0.5},
        {...stage, until: 0.5},
      ],
    },
    /Expected a fraction of the run above 0\.5/,
  ],
  ['stages.0.until', {stages: [{...stage, until: 100}]}, /a fraction of the run above 0/],
  [
    'stages.0.until',
    {stages: [{...stage, until: 0.5}]},
    /Expected 1, so that the last stage reaches the end/,
  ],
  ['stages.0.gaps', {stages: [{...stage, gaps: [2, 1]}]}, /is \[2,1\]\. Expected a range of whole gaps/],
  ['from', {stages: [stage], from: [1, 1], to: [1, 1]}, /be absent, since "stages" decides the range/],
  ['lossDriven', {from: [1, 1], to: [1, 1], lossDriven: {ranges}}, /be absent, since "from" decides/],
  ['from', {to: [1, 2]}, /Expected the range that grows to "to"/],
  ['to', {from: [1, 2]}, /Expected the range that "from" grows to/],
  ['from', {from: [0, 1], to: [1, 2]}, /a range of whole gaps from 1 on/],
  ['to', {from: [1, 1], to: [1, 2.5]}, /a range of whole gaps/],
  ['over', {from: [1, 1], to: [1, 2], over: [0.5, 0.1]}, /two rising fractions of the run/],
  ['over', {over: [0.1, 0.5]}, /be absent without "from" and "to"/],
  ['lossDriven.ranges', {lossDriven: {ranges: []}}, />=1/],
  ['lossDriven.ranges', {lossDriven: {}}, /array/],
  [
    'lossDriven.ranges',
    {
      lossDriven: {
        ranges: [
          [1, 4],
          [1, 4],
        ],
      },
    },
    /whose largest gap rises/,
  ],
  [
    'lossDriven.ranges',
    {
      lossDriven: {
        ranges: [
          [2, 4],
          [1, 8],
        ],
      },
    },
    /whose smallest never falls/,
  ],
  ['lossDriven.ranges.0', {lossDriven: {ranges: [[0, 4]]}}, /a range of whole gaps/],
  ['lossDriven.patience', {lossDriven: {ranges, patience: 1}}, />=2/],
  ['lossDriven.window', {lossDriven: {ranges, window: 0}}, />=1/],
  ['lossDriven.improvement', {lossDriven: {ranges, improvement: 1}}, /<1/],
  ['lossDriven.maxSteps', {lossDriven: {ranges, minSteps: 9, maxSteps: 8}}, /at least minSteps/],
  ['balance', {balance: 'clips'}, /"gaps"\|"triplets"/],
  ['rehearsal.share', {rehearsal: {share: 0}}, />0/],
  ['rehearsal.share', {rehearsal: {share: 1}}, /<1/],
  ['rehearsal.gaps', {rehearsal: {gaps: [4, 1]}}, /a range of whole gaps/],
  ['lossWeights.mode', {lossWeights: {mode: 'kendall'}}, /"inverse"\|"uncertainty"/],
  ['lossWeights.bounds', {lossWeights: {bounds: [0, 2]}}, /smallest weight in \(0,1\]/],
  ['lossWeights.bounds', {lossWeights: {bounds: [0.5, 0.9]}}, /largest from 1 on/],
  ['lossWeights.minSamples', {lossWeights: {minSamples: 0}}, />=1/],
  ['lossWeights.rate', {lossWeights: {rate: 2}}, /<=1/],
  ['memory', {memory: 0}, />=1/],
])('refuses option %s of %j', (option, options, expected) => {
  const refused = {
    code: 'RIFE_ERR_PLUGIN_OPTION',
    plugin: 'rife:curriculum',
    message: expect.stringMatching(expected),
  };
  expect(() => curriculum(options as CurriculumOptions)).toThrow(expect.objectContaining(refused));
  expect(() => curriculum(options as CurriculumOptions)).toThrow(`option "${option}" is `);
});

test.each([
  [{until: 1, from: [1, 1], to: [1, 2]}, 'no option "until". Options here are stages, from, to, over'],
  [{stages: [{...stage, gap: 1}]}, 'no option "stages.0.gap". Did you mean "stages.0.gaps"?'],
])('options that there are not: %j', (options, message) => {
  expect(() => curriculum(options as never)).toThrow(message);
});

test.each([[1], [null]])('refuses options %j', options => {
  expect(() => curriculum(options as never)).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_PLUGIN_OPTION',
      message: expect.stringContaining('its options are'),
    }),
  );
});

test.each<[CurriculumOptions]>([
  [{}],
  [
    {
      stages: [
        {until: 0.2, gaps: [1, 2]},
        {until: 1, gaps: [1, 32]},
      ],
    },
  ],
  [{from: [1, 1], to: [1, 32], over: [0, 0.5], balance: 'triplets', rehearsal: {}, lossWeights: {}}],
  [
    {
      lossDriven: {
        ranges: [
          [1, 2],
          [3, 8],
        ],
        maxSteps: 10,
      },
      lossWeights: {mode: 'uncertainty', bounds: [1, 1]},
    },
  ],
])('takes %j', options => {
  expect(curriculum(options)).toMatchObject({name: 'rife:curriculum'});
});
