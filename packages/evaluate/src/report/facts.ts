/** What a report says in words; the same on the terminal and on the page. */
import {plural} from '@rife-train/errors';
import type {MetricName} from '../metrics/metric.js';
import type {Difference, Other} from '../statistics/differences.js';
import {RESAMPLES} from '../statistics/differences.js';
import type {Slice, Summary} from '../statistics/summary.js';
import {isWhole, type Comparable} from '../protocols/comparable.js';
import type {PublishedScore} from '../protocols/published.js';
import {differenceText, firstOf, scoreText, SUBJECT_NAMES} from './format.js';
import type {EvalResult, Identity} from './result.js';

/** Names that are listed in a line. */
const LISTED = 5;

/** A table in cells; the first `left` columns are names. */
export interface Cells {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  left: number;
}

/** `network: rife.safetensors (models/rife.safetensors, sha256 0123456789ab)`. */
export function networkLines({network, against}: Identity): string[] {
  const line = (who: string, {name, file, sha256}: Identity['network']) =>
    `${who}: ${name} (${file}, sha256 ${sha256.slice(0, 12)})`;
  return [line('network', network), ...(against ? [line('against', against)] : [])];
}

/** How the mean is taken, with the facts of the protocol. */
export const protocolLine = ({protocol: {facts, mean}}: EvalResult) =>
  [...facts, mean === 'frames' ? 'mean over all frames' : 'mean of the means of the groups'].join('; ');

/** `subset: 3 clips / 21 of 105 frames`, or how many frames there are. */
export function extentLine(result: EvalResult, {whole: {frames, groups}}: Summary): string {
  const {wholeTargets} = result;
  if (wholeTargets === undefined) return `${plural(frames, 'frame')} in ${plural(groups, 'clip')}`;
  if (isWhole(result)) return `the whole set: ${plural(frames, 'frame')}`;
  return `subset: ${plural(groups, 'clip')} / ${frames} of ${wholeTargets} frames`;
}

/** What is missing and what is there beside the set. */
export function remarkLines({missing, extra}: EvalResult): string[] {
  const line = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what} (${names.length}): ${firstOf(names, LISTED)}`];
  return [...line('missing', missing), ...line('not of the set', extra)];
}

/** Scores that aren't finite, with the names of their frames. */
export function notFiniteLines({subjects, metrics, whole}: Summary): string[] {
  const lines = subjects.flatMap(subject =>
    metrics.flatMap(metric => {
      const mean = whole.means[subject]?.[metric];
      if (!mean?.notFinite) return [];
      const {targets, others} = mean.notFinite;
      return [
        `${SUBJECT_NAMES[subject]}, ${metric}: not finite in ${plural(targets.length, 'frame')} (${firstOf(targets, LISTED)}); mean of the others ${scoreText(metric, others)}`,
      ];
    }),
  );
  const rule =
    'The PSNR of identical pictures is infinite. A mean with such a frame is inf, as in the scripts of the papers.';
  return lines.length > 0 ? [...lines, rule] : [];
}

/** Mean scores: a row for each slice and subject. */
export function meanCells(what: string, slices: readonly Slice[], {subjects, metrics}: Summary): Cells {
  const rows = slices.flatMap(({name, frames, means}) =>
    subjects.map((subject, i) => [
      i === 0 ? name : '',
      i === 0 ? String(frames) : '',
      SUBJECT_NAMES[subject],
      ...metrics.map(metric => scoreText(metric, means[subject]?.[metric]?.value)),
    ]),
  );
  return {head: [what, 'frames', '', ...metrics], rows, left: 3};
}

/** Mean scores of all frames. */
export const wholeCells = ({subjects, metrics, whole}: Summary): Cells => ({
  head: ['', ...metrics],
  rows: subjects.map(subject => [
    SUBJECT_NAMES[subject],
    ...metrics.map(metric => scoreText(metric, whole.means[subject]?.[metric]?.value)),
  ]),
  left: 1,
});

const intervalText = ({metric, interval}: Difference) =>
  interval ? `${differenceText(metric, interval[0])} to ${differenceText(metric, interval[1])}` : '-';

/**
 * The network minus another: of all frames for each metric, then by motion for those of the
 * protocol.
 */
export function differenceCells(
  {whole, quartiles}: Summary,
  other: Other,
  ofProtocol: readonly MetricName[],
): Cells | undefined {
  const rowsOf = (slice: Slice, metrics?: readonly MetricName[]) =>
    slice.differences
      .filter(own => own.other === other && (!metrics || metrics.includes(own.metric)))
      .map(own => [
        own.metric,
        slice === whole ? 'all' : `motion ${slice.name}`,
        differenceText(own.metric, own.mean),
        intervalText(own),
        `${own.better} of ${own.frames}`,
      ]);
  const rows = [...rowsOf(whole), ...quartiles.flatMap(slice => rowsOf(slice, ofProtocol))];
  if (rows.length === 0) return undefined;
  return {head: ['metric', 'frames', 'difference', '95 %', 'better in'], rows, left: 2};
}

/** The network minus another in each clip, for the metrics of the protocol. */
export function clipCells({groups}: Summary, other: Other, ofProtocol: readonly MetricName[]): Cells {
  const textOf = ({differences}: Slice, metric: MetricName) => {
    const found = differences.find(own => own.other === other && own.metric === metric);
    return found ? `${differenceText(metric, found.mean)}, ${found.better} of ${found.frames}` : '-';
  };
  return {
    head: ['clip', ...ofProtocol.map(metric => `${metric}, better in`)],
    rows: groups
      .map(slice => [slice.name, ...ofProtocol.map(metric => textOf(slice, metric))])
      .filter(row => row.slice(1).some(text => text !== '-')),
    left: 1,
  };
}

/** How intervals are made, and which frames they leave out. */
export function intervalLine({whole: {groups, differences}}: Summary): string {
  const infinite = [...new Set(differences.flatMap(own => own.infinite))];
  const left =
    infinite.length > 0
      ? ` Left out, since a score is infinite: ${plural(infinite.length, 'frame')} (${firstOf(infinite, LISTED)}).`
      : '';
  const how =
    groups < 2
      ? 'No interval: that takes two clips or more.'
      : `95 % interval: percentile bootstrap, ${RESAMPLES} resamples of the ${groups} clips.`;
  return `${how}${left}`;
}

const MARKS = {figure: 'f', aggregator: 'a', 're-run': 'r'} as const;

const MARK_WORDS = {
  figure: 'f: read from a figure',
  aggregator: 'a: from an aggregator',
  're-run': "r: re-run by EMA-VFI's authors",
} as const;

const marksOf = (scores: readonly PublishedScore[]) => [...new Set(scores.flatMap(({marks}) => marks))];

/** Published scores as a table with notes, or the line that says why there are none. */
export function publishedCells(
  comparable: Comparable,
  {metrics}: Summary,
  set: string,
): {cells: Cells; notes: string[]} | string {
  if ('why' in comparable) return `Published scores aren't shown: ${comparable.why}.`;
  const {scores} = comparable;
  const sources = [...new Set(scores.map(({source}) => source))];
  const columns = metrics.filter(metric => scores.some(own => own.scores[metric] !== undefined));
  const partOf = (name: string) => (name === set ? 'all' : name.slice(set.length + 1));
  const hasParts = scores.some(own => own.set !== set);
  const rows = scores.map(own => [
    ...(hasParts ? [partOf(own.set)] : []),
    own.method,
    ...columns.map(metric => publishedText(own.scores[metric])),
    own.protocol,
    [`[${sources.indexOf(own.source) + 1}]`, ...own.marks.map(mark => MARKS[mark])].join(' '),
  ]);
  const head = [...(hasParts ? ['part'] : []), 'method', ...columns, 'protocol', 'source'];
  const notes = [
    ...sources.map((source, i) => `[${i + 1}] ${source}`),
    ...marksOf(scores).map(mark => MARK_WORDS[mark]),
  ];
  return {cells: {head, rows, left: hasParts ? 2 : 1}, notes};
}

/** As published, without decimals of our own. */
const publishedText = (value: number | undefined) => (value === undefined ? '-' : String(value));
