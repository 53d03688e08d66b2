/** A comparison of evaluations as text, as a page, and for programs. */
import {escapeHtml, printable} from '@rife-train/errors';
import {evaluationRows, type EvaluationComparison} from './evaluations.js';
import {htmlList, htmlPage, htmlTable, optionsTable} from './html.js';
import {finite} from './json.js';
import {endLines, tablesOf} from './text.js';

/** @param width columns of the terminal; Infinity where it is none */
export function evaluationText(comparison: EvaluationComparison, width: number): string {
  const {evaluations, differences, notes} = comparison;
  const names = evaluations.map(({name}) => printable(name));
  const {title, protocol} = evaluations[0]!.result;
  return [
    printable(`${title}, protocol ${protocol.name}`),
    ...tablesOf(names, evaluationRows(comparison), width),
    ...endLines(names, differences, notes, width),
  ].join('\n');
}

const EXPLAINED =
  'Differences are means over the frames of both, by the rule of the protocol, with the 95 % interval of a bootstrap that draws groups.';

/** A complete HTML page. */
export function evaluationPage(comparison: EvaluationComparison): string {
  const {evaluations, differences, notes} = comparison;
  const names = evaluations.map(({name}) => printable(name));
  const {title, protocol} = evaluations[0]!.result;
  return htmlPage(printable(`${title}: ${names.join(', ')}`), [
    `<p>${escapeHtml(printable(`Protocol ${protocol.name}. ${EXPLAINED}`))}</p>`,
    htmlList(notes),
    htmlTable(names, evaluationRows(comparison)),
    '<h2>Options that differ</h2>',
    optionsTable(names, differences),
  ]);
}

export const evaluationJson = ({evaluations, paired, differences, notes}: EvaluationComparison) => ({
  format: 'rife-train/compare',
  version: 1,
  kind: 'evaluations',
  evaluations: evaluations.map(({name, folder, result: {identity, protocol, frames}}) => ({
    ...{name, folder, identity, protocol},
    frames: frames.length,
  })),
  paired: paired.map(score => ({...score, mean: finite(score.mean)})),
  differences,
  notes,
});
