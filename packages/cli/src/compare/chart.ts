/** Curves as SVG, with titles that show when the pointer rests on them. */
import {axisFor, shareOf, stepText, ticks, type Axis} from './axis.js';
import {escapeHtml} from '@rife-train/errors';
import type {Mark} from './metrics.js';
import {smoothed, type Point} from './series.js';

/** A curve of one run. */
export interface Curve {
  /** Place of the run, which decides the colour, and its name. */
  run: number;
  name: string;
  points: readonly Point[];
  /** Not comparable with the others: drawn with dashes. */
  isApart?: boolean;
  marks?: readonly Mark[];
}

export interface Chart {
  title: string;
  curves: readonly Curve[];
  /** Steps on the axis. */
  steps: number;
  /** Smoothed; a band shows the range of each point, from its smallest to its largest step. */
  isNoisy: boolean;
  text: (value: number) => string;
}

const SIZE = {width: 900, height: 250};
const PLOT = {left: 62, right: 880, top: 16, bottom: 224};
/** Strips across the plot, each with a title. */
const STRIPS = 90;
/** A curve of no more points has dots. */
const DOTTED = 60;

/** Places in a chart. */
class Plot {
  constructor(
    private readonly steps: number,
    readonly axis: Axis,
  ) {}

  x(step: number): number {
    return PLOT.left + (step / Math.max(1, this.steps)) * (PLOT.right - PLOT.left);
  }

  /** Held near the plot: a loss of 1e30 has no place in it. */
  y(value: number): number {
    const share = Math.min(2, Math.max(-1, shareOf(value, this.axis)));
    return PLOT.bottom - share * (PLOT.bottom - PLOT.top);
  }

  at(step: number, value: number): string {
    return `${this.x(step).toFixed(1)},${this.y(value).toFixed(1)}`;
  }
}

function grid(plot: Plot, {steps, text}: Chart): string {
  const across = ticks(plot.axis, 6).map(value => {
    const y = plot.y(value).toFixed(1);
    return `<path class="grid" d="M${PLOT.left},${y}H${PLOT.right}"/><text x="${PLOT.left - 6}" y="${y}" class="y">${escapeHtml(text(value))}</text>`;
  });
  const down = ticks({low: 0, high: Math.max(1, steps), isLog: false}, 8).map(step => {
    const x = plot.x(step).toFixed(1);
    return `<path class="grid" d="M${x},${PLOT.top}V${PLOT.bottom}"/><text x="${x}" y="${PLOT.bottom + 16}" class="x">${stepText(step)}</text>`;
  });
  return [...across, ...down].join('');
}

/** What is drawn of a curve. */
function curvePath(plot: Plot, {run, points, isApart}: Curve, isNoisy: boolean): string {
  const drawn = isNoisy ? smoothed(points) : points;
  const line = drawn.map(({step, mean}) => plot.at(step, mean)).join('L');
  const dots = points.length <= DOTTED && !isNoisy ? drawn : drawn.length === 1 ? drawn : [];
  const upper = points.map(({step, max}) => plot.at(step, max));
  const lower = points.map(({step, min}) => plot.at(step, min)).reverse();
  const band =
    isNoisy && points.length > 1
      ? `<path class="band r${run}" d="M${[...upper, ...lower].join('L')}Z"/>`
      : '';
  const circles = dots.map(({step, mean}) => {
    const [x, y] = plot.at(step, mean).split(',');
    return `<circle class="r${run}" cx="${x}" cy="${y}" r="2.5"/>`;
  });
  return `${band}<path class="line r${run}${isApart ? ' apart' : ''}" d="M${line}"/>${circles.join('')}`;
}

function nearest(points: readonly Point[], step: number): Point | undefined {
  let best: Point | undefined;
  for (const point of points)
    if (!best || Math.abs(point.step - step) < Math.abs(best.step - step)) best = point;
  return best;
}

/** Strips from left to right; each says what the curves are there. */
function strips({curves, steps, text, isNoisy}: Chart): string {
  const drawn = curves.map(({name, points}) => ({name, points: isNoisy ? smoothed(points) : points}));
  const width = (PLOT.right - PLOT.left) / STRIPS;
  return Array.from({length: STRIPS}, (_, i) => {
    const step = ((i + 0.5) / STRIPS) * steps;
    const lines = drawn.flatMap(({name, points}) => {
      const point = nearest(points, step);
      const isNear = point && Math.abs(point.step - step) <= Math.max(1, steps / 30);
      return isNear ? [`${name}: ${text(point.mean)} at step ${Math.round(point.step)}`] : [];
    });
    const x = (PLOT.left + i * width).toFixed(1);
    return lines.length === 0
      ? ''
      : `<rect class="strip" x="${x}" y="${PLOT.top}" width="${width.toFixed(1)}" height="${PLOT.bottom - PLOT.top}"><title>${escapeHtml(lines.join('\n'))}</title></rect>`;
  }).join('');
}

const markShapes = (plot: Plot, {run, name, marks = []}: Curve) =>
  marks
    .map(({step, event, text}) => {
      const x = plot.x(step);
      const title = `${name}: ${event} at step ${step}${text ? `\n${text}` : ''}`;
      return `<path class="mark r${run}" d="M${x.toFixed(1)},${PLOT.top}l-5,-10h10z"><title>${escapeHtml(title)}</title></path>`;
    })
    .join('');

const legendItem = ({run, name, isApart}: Curve) =>
  `<span class="key"><svg viewBox="0 0 24 8"><path class="line r${run}${isApart ? ' apart' : ''}" d="M0,4H24"/></svg>${escapeHtml(name)}${isApart ? ' (other triplets)' : ''}</span>`;

/** A figure; empty where no curve has a point. */
export function chartFigure(chart: Chart, id: string): string {
  const curves = chart.curves.filter(({points}) => points.length > 0);
  if (curves.length === 0) return '';
  const values = curves.flatMap(({points}) =>
    (chart.isNoisy ? smoothed(points) : points).map(({mean}) => mean),
  );
  const plot = new Plot(chart.steps, axisFor(values, chart.isNoisy));
  const title = `${chart.title}${plot.axis.isLog ? ' (logarithmic)' : ''}`;
  return [
    `<figure><figcaption><b>${escapeHtml(title)}</b> ${curves.map(legendItem).join(' ')}</figcaption>`,
    `<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escapeHtml(chart.title)}">`,
    `<clipPath id="${id}"><rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.right - PLOT.left}" height="${PLOT.bottom - PLOT.top}"/></clipPath>`,
    grid(plot, chart),
    `<g clip-path="url(#${id})">${curves.map(curve => curvePath(plot, curve, chart.isNoisy)).join('')}</g>`,
    strips({...chart, curves}),
    curves.map(curve => markShapes(plot, curve)).join(''),
    '</svg></figure>',
  ].join('\n');
}
