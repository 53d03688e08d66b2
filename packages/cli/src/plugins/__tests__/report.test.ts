import type {GraphReport, TapsReport} from '@rife-train/core';
import {reportLines} from '../report.js';

const size = (stepNodes: number, predictNodes: number, parameters: number) => ({
  stepNodes,
  predictNodes,
  parameters,
});
const taps: TapsReport = {
  plugins: [
    {
      name: 'me:bend',
      stage: -1,
      after: ['me:a'],
      before: ['me:b'],
      changesPrediction: true,
      snapshotsKept: 0,
      hooks: ['flow'],
    },
    {
      name: 'rife:gradclip',
      stage: 0,
      after: [],
      before: [],
      changesPrediction: false,
      snapshotsKept: 0,
      hooks: ['gradients'],
    },
  ],
  hooks: [
    {hook: 'flow', kind: 'traced', taps: [{plugin: 'me:bend', hook: 'flow', type: 'sync', stage: 0}]},
    {
      hook: 'afterStep',
      kind: 'host',
      taps: [
        {plugin: 'rife:gradclip', hook: 'afterStep', type: 'sync', stage: -2},
        {plugin: 'me:bend', hook: 'afterStep', type: 'promise', stage: 0},
      ],
    },
  ],
};
const graph: GraphReport = {
  engine: 'TensorFlow 2.21.0 (captured), cpu',
  crop: [64, 96],
  batch: 2,
  all: size(6314, 465, 10_708_215),
  none: size(5000, 463, 10_708_000),
  plugins: [
    {
      plugin: 'me:bend',
      taps: [{hook: 'flow', stepNodes: 1200, predictNodes: 2}],
      added: size(1304, 2, 215),
    },
    {plugin: 'rife:gradclip', taps: [], problem: 'Plugin "me:bend" failed'},
  ],
};

test('order and hooks', () => {
  expect(reportLines({config: 'rife.config.ts', taps})).toEqual([
    'rife.config.ts: 2 plugins, in the order in which they are applied',
    '   1  me:bend        stage -1; after me:a; before me:b; changes predictions',
    '   2  rife:gradclip',
    '',
    'Hooks, in the order in which they fire, and their taps, in the order in which they are called:',
    '  flow       traced  me:bend',
    '  afterStep  host    rife:gradclip (stage -2), me:bend (waits)',
  ]);
});

test('the graph, counted', () => {
  const lines = reportLines({config: 'rife.config.ts', taps, graph}).slice(8);
  expect(lines).toEqual([
    'What each adds (TensorFlow 2.21.0 (captured), cpu; 2 x 64 x 96):',
    '  plugin           nodes in its taps  nodes a step  nodes a prediction  parameters',
    '  me:bend                 flow 1,200        +1,304                  +2        +215',
    '  rife:gradclip                    -             ?                   ?           ?',
    '  without plugins                            5,000                 463  10,708,000',
    '  with all                                   6,314                 465  10,708,215',
    '  Without rife:gradclip there is no graph: Plugin "me:bend" failed',
    '  A step less the same step without the plugin: its taps, and what they cost in the backward pass.',
  ]);
});

test('the graph, measured', () => {
  const step = {steps: 20, withMs: 120.25, withoutMs: 118, addedMs: 2.256, spreadMs: 0.4};
  const [bend, clip] = graph.plugins;
  const plugins = [
    {...bend!, step},
    {...clip!, added: size(0, 0, -3), step: {...step, addedMs: -0.1}},
  ];
  const lines = reportLines({config: 'x', taps, graph: {...graph, plugins}}).slice(9);
  const column = lines.slice(0, 5).map(line => line.slice(82).trim());
  expect(column).toEqual(['ms a step', '+2.26 +-0.40', '-0.10 +-0.40', '', '120.3']);
  expect(lines.at(-1)).toContain('median difference of 20 pairs of steps');
});

test('no plugins at all, and plugins without taps', () => {
  expect(reportLines({config: 'x', taps: {plugins: [], hooks: []}})).toEqual(['x lists no plugins.']);
  expect(reportLines({config: 'x', taps: {plugins: [taps.plugins[1]!], hooks: []}})).toContain('  none');
});
