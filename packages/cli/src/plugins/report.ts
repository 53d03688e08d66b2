/** The report of `rife-train plugins` in words. */
import type {
  GraphReport,
  HookReport,
  PluginCost,
  PluginReport,
  StepCost,
  TapNodes,
  TapsReport,
} from '@rife-train/core';
import {table} from '../weights/table.js';

/** `1,234`; with `signed`, `+1,234`. */
const whole = (value: number) => value.toLocaleString('en-US');
const signed = (value: number) => (value > 0 ? `+${whole(value)}` : whole(value));
const plural = (count: number, word: string) => `${whole(count)} ${word}${count === 1 ? '' : 's'}`;

/** What decided the place of a plugin, and its own declarations. */
function remarks({stage, after, before, changesPrediction}: PluginReport): string {
  return [
    stage !== 0 && `stage ${stage}`,
    after.length > 0 && `after ${after.join(', ')}`,
    before.length > 0 && `before ${before.join(', ')}`,
    changesPrediction && 'changes predictions',
  ]
    .filter(text => typeof text === 'string')
    .join('; ');
}

function orderLines({plugins}: TapsReport): string[] {
  const width = Math.max(...plugins.map(({name}) => name.length));
  return plugins.map((plugin, i) =>
    `  ${String(i + 1).padStart(2)}  ${plugin.name.padEnd(width)}  ${remarks(plugin)}`.trimEnd(),
  );
}

/** The reason for taps that are not in the order of application. */
const tapText = ({plugin, stage, type}: HookReport['taps'][number]) =>
  `${plugin}${stage === 0 ? '' : ` (stage ${stage})`}${type === 'sync' ? '' : ' (waits)'}`;

function hookLines({hooks}: TapsReport): string[] {
  if (hooks.length === 0) return ['  none'];
  const width = Math.max(...hooks.map(({hook}) => hook.length));
  return hooks.map(
    ({hook, kind, taps}) => `  ${hook.padEnd(width)}  ${kind.padEnd(6)}  ${taps.map(tapText).join(', ')}`,
  );
}

/** `afterLoss 12, flow 30`: what the taps themselves add to a step. */
const tapsText = (taps: readonly TapNodes[]) =>
  taps.map(({hook, stepNodes}) => `${hook} ${whole(stepNodes)}`).join(', ') || '-';

const ms = (value: number) => value.toFixed(value < 100 ? 2 : 1);

/** `+1.20 +-0.30`; a difference within its spread can't be distinguished from 0. */
const stepText = (step: StepCost | undefined) =>
  step ? `${step.addedMs < 0 ? '' : '+'}${ms(step.addedMs)} +-${ms(step.spreadMs)}` : '-';

function costRow({plugin, taps, added, step}: PluginCost, isMeasured: boolean): string[] {
  return [
    `  ${plugin}`,
    tapsText(taps),
    ...(added
      ? [signed(added.stepNodes), signed(added.predictNodes), signed(added.parameters)]
      : ['?', '?', '?']),
    ...(isMeasured ? [stepText(step)] : []),
  ];
}

function totalRows({all, none, plugins}: GraphReport, isMeasured: boolean): string[][] {
  const rest = ({stepNodes, predictNodes, parameters}: typeof all) =>
    [stepNodes, predictNodes, parameters].map(whole);
  const withMs = plugins.find(({step}) => step)?.step?.withMs;
  return [
    ['  without plugins', '', ...rest(none), ...(isMeasured ? [''] : [])],
    ['  with all', '', ...rest(all), ...(isMeasured ? [withMs === undefined ? '' : ms(withMs)] : [])],
  ];
}

function graphLines(graph: GraphReport): string[] {
  const {engine, crop, batch, plugins} = graph;
  const isMeasured = plugins.some(({step}) => step);
  const head = ['  plugin', 'nodes in its taps', 'nodes a step', 'nodes a prediction', 'parameters'];
  const rows = [...plugins.map(cost => costRow(cost, isMeasured)), ...totalRows(graph, isMeasured)];
  const problems = plugins.flatMap(({plugin, problem}) =>
    problem === undefined ? [] : [`  Without ${plugin} there is no graph: ${problem}`],
  );
  const measured = plugins.find(({step}) => step)?.step;
  return [
    `What each adds (${engine}; ${batch} x ${crop.join(' x ')}):`,
    ...table([...head, ...(isMeasured ? ['ms a step'] : [])], rows),
    ...problems,
    '  A step less the same step without the plugin: its taps, and what they cost in the backward pass.',
    ...(measured
      ? [
          `  Milliseconds: median difference of ${plural(measured.steps, 'pair')} of steps on made-up frames, and half the distance of the quartiles.`,
        ]
      : []),
  ];
}

/** The printed lines. */
export function reportLines(report: {config: string; taps: TapsReport; graph?: GraphReport}): string[] {
  const {config, taps, graph} = report;
  if (taps.plugins.length === 0) return [`${config} lists no plugins.`];
  return [
    `${config}: ${plural(taps.plugins.length, 'plugin')}, in the order in which they are applied`,
    ...orderLines(taps),
    '',
    'Hooks, in the order in which they fire, and their taps, in the order in which they are called:',
    ...hookLines(taps),
    ...(graph ? ['', ...graphLines(graph)] : []),
  ];
}
