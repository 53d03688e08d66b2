/** The comparison of runs as a page. */
import {printable} from '@rife-train/errors';
import {figure, rate} from '../progress/format.js';
import {chartFigure, type Chart, type Curve} from './chart.js';
import {isApart, scoreNames} from './differences.js';
import {htmlList, htmlPage, htmlTable, optionsTable} from './html.js';
import type {Run} from './readRun.js';
import {factRows} from './rows.js';
import type {Comparison} from './runCompare.js';
import type {Point} from './series.js';

type PointsOf = (run: Run) => readonly Point[];

function curvesOf(runs: readonly Run[], pointsOf: PointsOf): Curve[] {
  return runs.map((run, i) => ({
    run: i,
    name: printable(run.name),
    points: pointsOf(run),
    marks: run.metrics.marks,
  }));
}

/** Every chart: loss and its terms, learning rate, gradient norm, scores. */
function charts(runs: readonly Run[]): Chart[] {
  const steps = Math.max(...runs.map(({metrics}) => metrics.steps));
  const chart = (title: string, text: Chart['text'], pointsOf: PointsOf, isNoisy = false): Chart => {
    return {title: printable(title), text, steps, isNoisy, curves: curvesOf(runs, pointsOf)};
  };
  const terms = [...new Set(runs.flatMap(({metrics}) => [...metrics.terms.keys()]))];
  const scores = scoreNames(runs).map(name => {
    const own = chart(
      `Validation: ${name}`,
      value => value.toFixed(2),
      ({metrics}) => metrics.scores.get(name)?.points ?? [],
    );
    return {
      ...own,
      curves: own.curves.map((curve, i) => ({...curve, isApart: isApart(runs, runs[i]!, name)})),
    };
  });
  return [
    chart('Loss', figure, ({metrics}) => metrics.loss, true),
    ...scores,
    chart('Learning rate', rate, ({metrics}) => metrics.rate),
    chart('Gradient norm', figure, ({metrics}) => metrics.gradNorm, true),
    ...terms.map(name =>
      chart(`Loss term: ${name}`, figure, ({metrics}) => metrics.terms.get(name) ?? [], true),
    ),
  ];
}

/** A complete HTML page. */
export function comparisonPage({runs, differences, notes}: Comparison): string {
  const names = runs.map(({name}) => printable(name));
  return htmlPage(`Runs compared: ${names.join(', ')}`, [
    htmlList(notes),
    htmlTable(names, factRows(runs)),
    '<h2>Options that differ</h2>',
    optionsTable(names, differences),
    '<h2>Curves</h2><p>Lines of noisy values are smoothed; the area behind a line spans its smallest and largest values. Triangles are events. Rest the pointer on them or on a curve.</p>',
    ...charts(runs).map((chart, i) => chartFigure(chart, `c${i}`)),
  ]);
}
