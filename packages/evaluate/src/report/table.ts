/** The report on a terminal. */
import {printable} from '@rife-train/errors';
import {comparableScores} from '../protocols/comparable.js';
import {summarize, type Summary} from '../statistics/summary.js';
import * as facts from './facts.js';
import {costText, table, wrap} from './format.js';
import type {EvalResult} from './result.js';

const cellLines = ({head, rows, left}: facts.Cells) => table(head, rows, left);

/** Words and a table below them, after an empty line. */
const section = (title: string, cells: facts.Cells | undefined) =>
  cells && cells.rows.length > 0 ? ['', ...wrap(title), ...cellLines(cells)] : [];

function headLines(result: EvalResult, summary: Summary): string[] {
  const {title, protocol, identity, layout} = result;
  return [
    ...wrap(`${title}, protocol ${protocol.name} (${protocol.source})`),
    ...wrap(facts.protocolLine(result), '  '),
    ...facts.networkLines(identity).flatMap(line => wrap(line)),
    ...wrap(layout),
    ...wrap(facts.extentLine(result, summary)),
    ...facts.remarkLines(result).flatMap(line => wrap(line)),
  ];
}

function differenceLines(result: EvalResult, summary: Summary): string[] {
  const {metrics} = result.protocol;
  const lines = [
    ...section('Network minus against', facts.differenceCells(summary, 'against', metrics)),
    ...section('Network minus mean of inputs', facts.differenceCells(summary, 'mean', metrics)),
  ];
  return lines.length > 0 ? [...lines, ...wrap(facts.intervalLine(summary))] : [];
}

function publishedLines(result: EvalResult, summary: Summary): string[] {
  const {set} = result.identity;
  const published = facts.publishedCells(comparableScores(result), summary, set);
  if (typeof published === 'string') return ['', ...wrap(published)];
  return [
    ...section('Published scores of this set, measured alike', published.cells),
    ...published.notes.flatMap(note => wrap(note, '  ')),
  ];
}

/** The whole report in lines of at most 100 columns, without a final line end. */
export function reportText(result: EvalResult, summary: Summary = summarize(result)): string {
  const {parts, gaps, quartiles} = summary;
  return [
    ...headLines(result, summary),
    '',
    ...cellLines(facts.wholeCells(summary)),
    ...facts.notFiniteLines(summary).flatMap(line => wrap(line)),
    ...section('By part', facts.meanCells('part', parts, summary)),
    ...section('By gap', facts.meanCells('gap', gaps, summary)),
    ...section('By motion between the inputs, in quarters', facts.meanCells('motion', quartiles, summary)),
    ...differenceLines(result, summary),
    ...publishedLines(result, summary),
    '',
    ...wrap(`Cost: ${costText(result)}`),
  ]
    .map(printable)
    .join('\n');
}
