/** Scores, counts and columns in reports. */
import {isHigherBetter, type MetricName} from '../metrics/metric.js';
import type {EvalResult, Subject} from './result.js';

/** Columns of a report on a terminal. */
export const WIDTH = 100;

/** Decimals: as papers print them, or one more. */
const DECIMALS: Record<MetricName, number> = {
  psnr: 3,
  'psnr-rounded': 3,
  ie: 3,
  ssim: 4,
  'ssim-rounded': 4,
  'ssim-skimage': 4,
  'ssim-xvfi': 4,
  'ssim-tf': 4,
  'psnr-y': 3,
  tof: 3,
  flip: 4,
  lpips: 4,
};

export const SUBJECT_NAMES: Record<Subject, string> = {
  network: 'network',
  against: 'against',
  mean: 'mean of inputs',
  nearest: 'nearest input',
};

/** `31.430`, `inf`, `NaN`, or `-` where there is none. */
export function scoreText(metric: MetricName, value: number | undefined): string {
  if (value === undefined) return '-';
  if (Number.isFinite(value)) return value.toFixed(DECIMALS[metric]);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
}

/** A score with its sign: `+0.123`. */
export function differenceText(metric: MetricName, value: number): string {
  const text = scoreText(metric, value);
  return value > 0 ? `+${text}` : text;
}

/** `higher is better`. */
export const directionText = (metric: MetricName) =>
  `${isHigherBetter(metric) ? 'higher' : 'lower'} is better`;

/** The first names, and how many more there are. */
export function firstOf(names: readonly string[], most: number): string {
  const rest = names.length - most;
  return [...names.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

/** `12.3 s`, `4:05`, `1:02:03`. */
export function secondsText(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)} h` : `${minutes}:${two(whole % 60)} min`;
}

/** What the run took, in a line. */
export function costText({cost: {networkSeconds, metricSeconds, peakBytes}, frames}: EvalResult): string {
  const each = frames.length > 0 ? ` (${(networkSeconds / frames.length).toFixed(2)} s a frame)` : '';
  return `network ${secondsText(networkSeconds)}${each}, metrics ${secondsText(metricSeconds)} of processor time, at most ${(peakBytes / 2 ** 30).toFixed(1)} GiB of memory`;
}

/** Breaks a text at spaces, and a word that is longer than a line anywhere. */
export function wrap(text: string, indent = '', width = WIDTH): string[] {
  const room = width - indent.length;
  const piece = new RegExp(`.{1,${room}}`, 'gu');
  const words = text.split(' ').flatMap(whole => whole.match(piece) ?? ['']);
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map(own => indent + own);
}

const GAP = '  ';

/** A row of cells; the first `left` are aligned left, the others right. */
const rowText = (cells: readonly string[], widths: readonly number[], left: number) =>
  cells
    .map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join(GAP)
    .trimEnd();

/**
 * Rows in columns as wide as their widest cell. Columns that don't fit follow in blocks of their
 * own, each with the first `left` columns.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left: number): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]!.length)));
  const names = head.slice(0, left).map((_, i) => i);
  const widthOf = (columns: readonly number[]) =>
    columns.reduce((sum, column) => sum + widths[column]! + GAP.length, -GAP.length);
  const blocks: number[][] = [];
  for (let column = left; column < head.length; column++) {
    const last = blocks.at(-1);
    if (last && widthOf([...names, ...last, column]) <= WIDTH) last.push(column);
    else blocks.push([column]);
  }
  return blocks.flatMap((columns, i) => {
    const own = [...names, ...columns];
    const pick = (row: readonly string[]) => own.map(column => row[column]!);
    const lines = all.map(row => rowText(pick(row), pick(widths.map(String)).map(Number), left));
    return i === 0 ? lines : ['', ...lines];
  });
}
