/** Scores of every frame as comma-separated values. */
import {METRIC_NAMES} from '../metrics/metric.js';
import type {EvalResult, FrameResult, Subject} from './result.js';

const SUBJECTS: readonly Subject[] = ['network', 'against', 'mean', 'nearest'];

/** A field of RFC 4180. */
const field = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const record = (fields: readonly (string | number)[]) => `${fields.map(field).join(',')}\r\n`;

/**
 * A line a frame, after a line of names (RFC 4180): what the frame is, then `<subject> <metric>`
 * for every subject and metric with a score. Numbers are whole (`Infinity` and `NaN` as JavaScript
 * writes them); a score that a frame lacks is empty.
 */
export function framesCsv({frames}: EvalResult): string {
  const columns = SUBJECTS.flatMap(subject =>
    METRIC_NAMES.filter(metric => frames.some(({scores}) => scores[subject]?.[metric] !== undefined)).map(
      metric => ({subject, metric}),
    ),
  );
  const names = ['pair', 'target', 'group', 'part', 't', 'gap', 'motion'];
  const line = ({pair, target, group, part, t, gap, motion, scores}: FrameResult) => [
    ...[pair, target, group, part, t, gap, motion],
    ...columns.map(({subject, metric}) => scores[subject]?.[metric] ?? ''),
  ];
  const head = [...names, ...columns.map(({subject, metric}) => `${subject} ${metric}`)];
  return [head, ...frames.map(line)].map(record).join('');
}
