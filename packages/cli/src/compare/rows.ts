/** The comparison of runs as rows of text, for the terminal and the page. */
import {printable} from '@rife-train/errors';
import {figure, rate} from '../progress/format.js';
import {isApart, scoreNames} from './differences.js';
import {LOSS_WINDOW, type Score} from './metrics.js';
import type {Run} from './readRun.js';
import type {Recorded} from './runRecord.js';

/** A label, and a cell for each run. */
export interface Row {
  label: string;
  cells: string[];
}

const NONE = '-';

const number = (value: number, text: (value: number) => string) => (Number.isNaN(value) ? NONE : text(value));
const whole = (value: number) => value.toLocaleString('en-US');
const decibels = (value: number) => number(value, given => given.toFixed(2));

/** Facts about runs, a function each. */
const FACTS: readonly (readonly [label: string, cell: (run: Run) => string])[] = [
  ['network', ({recorded}) => String(recorded?.options.get('model.name') ?? NONE)],
  ['ended', ({recorded}) => (recorded?.isWhole ? (recorded.end ?? 'no (running, or killed)') : NONE)],
  ['devices', ({recorded}) => (recorded ? devicesText(recorded) : NONE)],
  ['steps done', ({recorded, metrics}) => doneText(metrics.steps, recorded?.options.get('steps'))],
  ['examples seen', ({metrics}) => whole(metrics.examples)],
  ['images/s, median', ({metrics}) => number(metrics.imagesPerSecond, figure)],
  ['learning rate, last', ({metrics}) => number(metrics.learningRate, rate)],
  [`loss, last ${LOSS_WINDOW} steps`, ({metrics: {lastLoss}}) => lastText(lastLoss)],
  [
    `loss, lowest of ${LOSS_WINDOW} steps`,
    ({metrics: {lowestLoss: low}}) => (low ? `${figure(low.mean)} at ${whole(low.step + 1)}` : NONE),
  ],
  ['steps not finite', ({metrics}) => whole(metrics.notFinite)],
  ['steps refused', ({metrics}) => whole(metrics.refused)],
];

/** `4 x GPU:0`; the engine's description ends with where it computes. */
const devicesText = ({options, engine}: Recorded) =>
  [String(options.get('devices') ?? 1), engine?.split(', ').at(-1)].filter(Boolean).join(' x ');

const doneText = (done: number, steps: unknown) =>
  typeof steps === 'number' ? `${whole(done)} of ${whole(steps)}` : whole(done);

const lastText = ({mean, count}: {mean: number; count: number}) =>
  count === 0 ? NONE : count < LOSS_WINDOW ? `${figure(mean)} (${count})` : figure(mean);

/** Counts of events: rollbacks always, others where there are any. */
function eventRows(runs: readonly Run[]): Row[] {
  const names = new Set(['rollback', ...runs.flatMap(({metrics}) => [...metrics.events.keys()])]);
  return [...names].map(name => ({
    label: `events: ${name}`,
    cells: runs.map(({metrics}) => whole(metrics.events.get(name) ?? 0)),
  }));
}

/** Best and last of a score, and that of the inputs' mean. */
function scoreRows(runs: readonly Run[], name: string): Row[] {
  const row = (label: string, text: (score: Score) => string): Row => ({
    label,
    cells: runs.map(run => {
      const score = run.metrics.scores.get(name);
      return score ? `${text(score)}${isApart(runs, run, name) ? ' *' : ''}` : NONE;
    }),
  });
  const best = ({best: value, bestStep}: Score) =>
    Number.isFinite(value) ? `${decibels(value)} at ${whole(bestStep)}` : NONE;
  return [
    row(`${name}, best`, best),
    row(`${name}, last`, ({last}) => decibels(last)),
    row(`${name}, inputs' mean`, ({baseline}) => decibels(baseline)),
  ];
}

/** All rows of the table. */
export function factRows(runs: readonly Run[]): Row[] {
  const facts = FACTS.map(([label, cell]) => ({label, cells: runs.map(cell)}));
  const rows = [...facts, ...eventRows(runs), ...scoreNames(runs).flatMap(name => scoreRows(runs, name))];
  return rows.map(({label, cells}) => ({label: printable(label), cells: cells.map(printable)}));
}
