/** Small curves of one line. */
import type {Point} from './series.js';

const LEVELS = [...'▁▂▃▄▅▆▇█'];

/** The place of curves that are shown beside each other. */
export interface Frame {
  /** Steps from 0 up to here. */
  steps: number;
  low: number;
  high: number;
}

/** A logarithm shows the end of a loss that has fallen far. */
const placed = (value: number, {low, high}: Frame) => {
  const [v, l, h] = low > 0 ? [value, low, high].map(Math.log) : [value, low, high];
  return h! > l! ? Math.min(1, Math.max(0, (v! - l!) / (h! - l!))) : 0.5;
};

/**
 * One sign for each `1 / width` of the steps: the mean there, or else the last one before, as
 * between validations. Spaces before the first point, nothing after the last.
 */
export function sparkline(points: readonly Point[], frame: Frame, width: number): string {
  const cells: {sum: number; count: number}[] = [];
  for (const {step, mean, count} of points) {
    const place = Math.min(width - 1, Math.floor((step / Math.max(1, frame.steps)) * width));
    const cell = (cells[place] ??= {sum: 0, count: 0});
    cell.sum += mean * count;
    cell.count += count;
  }
  let sign = ' ';
  return Array.from(cells, cell => {
    if (cell) sign = LEVELS[Math.round(placed(cell.sum / cell.count, frame) * (LEVELS.length - 1))]!;
    return sign;
  }).join('');
}

/** A frame around several curves. */
export function frameAround(curves: readonly (readonly Point[])[], steps: number): Frame {
  let [low, high] = [Infinity, -Infinity];
  for (const {mean} of curves.flat()) {
    low = Math.min(low, mean);
    high = Math.max(high, mean);
  }
  return {steps, low, high};
}
