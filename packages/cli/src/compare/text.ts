/** The comparison as text for a terminal. */
import {printable} from '@rife-train/errors';
import {table} from '../weights/table.js';
import {isApart} from './differences.js';
import type {OptionDifference} from './differences.js';
import type {Run} from './readRun.js';
import {factRows, type Row} from './rows.js';
import type {Comparison} from './runCompare.js';
import type {Point} from './series.js';
import {frameAround, sparkline} from './sparkline.js';

const SPARK_WIDTH = 20;
/** Longest value of an option that a table shows; the files have all of it. */
const MOST = 32;

const cut = (text: string) => (text.length > MOST ? `${text.slice(0, MOST - 3)}...` : text);

/**
 * Rows in one table; where it would be wider than the terminal, in several, of some columns each.
 */
export function tablesOf(names: readonly string[], rows: readonly Row[], width: number): string[] {
  const lines = (from: number, to: number) =>
    table(
      ['', ...names.slice(from, to)],
      rows.map(({label, cells}) => [label, ...cells.slice(from, to)]),
    );
  const fits = (from: number, to: number) => lines(from, to).every(line => line.length <= width);
  const all: string[] = [];
  for (let from = 0; from < names.length;) {
    let to = from + 1;
    while (to < names.length && fits(from, to + 1)) to++;
    all.push(...(from > 0 ? [''] : []), ...lines(from, to));
    from = to;
  }
  return all;
}

/** Curves of all runs in one frame, so that their heights and lengths can be compared. */
function sparkRow(
  label: string,
  runs: readonly Run[],
  pointsOf: (run: Run) => readonly Point[],
  isOwn = (_run: Run) => false,
): Row {
  const steps = Math.max(...runs.map(({metrics}) => metrics.steps));
  const shared = frameAround(runs.filter(run => !isOwn(run)).map(pointsOf), steps);
  const cells = runs.map(run => {
    const points = pointsOf(run);
    return (
      sparkline(points, isOwn(run) ? frameAround([points], steps) : shared, SPARK_WIDTH).trimEnd() || '-'
    );
  });
  // Columns are aligned at the right; curves begin at the same step.
  return {label, cells: cells.map(cell => cell.padEnd(SPARK_WIDTH))};
}

function sparkRows(runs: readonly Run[]): Row[] {
  const psnr = sparkRow(
    'psnr',
    runs,
    ({metrics}) => metrics.scores.get('psnr')?.points ?? [],
    run => isApart(runs, run, 'psnr'),
  );
  const loss = sparkRow('loss', runs, ({metrics}) => metrics.loss);
  return runs.some(({metrics}) => metrics.scores.has('psnr')) ? [loss, psnr] : [loss];
}

/** Differing options, and notes. */
export function endLines(
  names: readonly string[],
  differences: readonly OptionDifference[],
  notes: readonly string[],
  width: number,
): string[] {
  const rows = differences.map(({option, values}) => ({label: cut(option), cells: values.map(cut)}));
  return [
    '',
    ...(rows.length > 0
      ? ['Options that differ:', ...tablesOf(names, rows, width)]
      : ['No recorded option differs.']),
    ...(notes.length > 0 ? ['', 'Notes:', ...notes.map(note => `  ${note}`)] : []),
    '',
  ];
}

/** @param width columns of the terminal; Infinity where it is none */
export function comparisonText({runs, differences, notes}: Comparison, width: number): string {
  const names = runs.map(({name}) => printable(name));
  const rows = [...factRows(runs), ...sparkRows(runs)];
  return [...tablesOf(names, rows, width), ...endLines(names, differences, notes, width)].join('\n');
}
