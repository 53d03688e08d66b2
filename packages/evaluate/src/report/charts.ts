/** Line charts as inline SVG. */
import {escapeHtml} from '@rife-train/errors';
import type {Subject} from './result.js';

/** A line of a chart. */
export interface Series {
  subject: Subject;
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  title: string;
  xLabel: string;
  series: readonly Series[];
}

const [WIDTH, HEIGHT] = [480, 300];
/** Edges of the plot. */
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 468, 56, 258];
/** Dashes set lines apart where colours don't. */
const DASHES: Record<Subject, string> = {network: 'none', against: '7 3', mean: '2 3', nearest: '9 3 2 3'};

/** Round numbers that span two values: 3 to 7 of them, steps of 1, 2 or 5 times a power of 10. */
export function ticks(low: number, high: number): number[] {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(own => span / own <= 5)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({length: last - first + 1}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const place = (value: number, marks: readonly number[], from: number, to: number) => {
  const [first, last] = [marks[0]!, marks.at(-1)!];
  return (from + ((value - first) / (last - first)) * (to - from)).toFixed(1);
};

const isFinitePoint = ([x, y]: readonly [number, number]) => Number.isFinite(x) && Number.isFinite(y);

function axes(xs: readonly number[], ys: readonly number[], {xLabel}: Chart): string {
  const vertical = xs.map(x => {
    const at = place(x, xs, LEFT, RIGHT);
    return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${BOTTOM}"/><text x="${at}" y="${BOTTOM + 16}" text-anchor="middle">${x}</text>`;
  });
  const horizontal = ys.map(y => {
    const at = place(y, ys, BOTTOM, TOP);
    return `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${y}</text>`;
  });
  const label = `<text x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>`;
  return [...vertical, ...horizontal, label].join('');
}

function line({subject, points}: Series, xs: readonly number[], ys: readonly number[]): string {
  const at = points
    .filter(isFinitePoint)
    .map(([x, y]) => [place(x, xs, LEFT, RIGHT), place(y, ys, BOTTOM, TOP)]);
  const path = `<path class="${subject}" stroke-dasharray="${DASHES[subject]}" d="M${at.map(([x, y]) => `${x} ${y}`).join('L')}"/>`;
  const dots = at.map(([x, y]) => `<circle class="${subject}" cx="${x}" cy="${y}" r="3"/>`);
  return [path, ...dots].join('');
}

/** Pixels of a sample of a line, and about those of a letter of the legend. */
const [SAMPLE, LETTER] = [20, 6];

function legend(series: readonly Series[]): string {
  let x = LEFT;
  return series
    .map(({subject, name}) => {
      const at = x;
      x += SAMPLE + 18 + name.length * LETTER;
      return `<path class="${subject}" stroke-dasharray="${DASHES[subject]}" d="M${at} 36H${at + SAMPLE}"/><text x="${at + SAMPLE + 4}" y="40" font-size="11">${escapeHtml(name)}</text>`;
    })
    .join('');
}

/**
 * An SVG element; '' where no line has two finite points. Points that aren't finite are left out.
 */
export function chartSvg(chart: Chart): string {
  const series = chart.series.filter(({points}) => points.filter(isFinitePoint).length > 1);
  if (series.length === 0) return '';
  const points = series.flatMap(own => own.points.filter(isFinitePoint));
  const ticksOf = (axis: 0 | 1) => {
    const values = points.map(point => point[axis]);
    return ticks(Math.min(...values), Math.max(...values));
  };
  const [xs, ys] = [ticksOf(0), ticksOf(1)];
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>${escapeHtml(chart.title)}</title>`,
    `<text x="${LEFT}" y="18" font-weight="600">${escapeHtml(chart.title)}</text>`,
    legend(series),
    axes(xs, ys, chart),
    ...series.map(own => line(own, xs, ys)),
    '</svg>',
  ].join('');
}
