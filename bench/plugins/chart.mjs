/** Curves of several runs as a PNG. */
import {drawSeries} from '../lib/chart.mjs';

const WINDOW = 25;

const mean = values => values.reduce((a, b) => a + b, 0) / values.length;

/** Means of consecutive windows, over all runs of the variant; not finite ones are left out. */
function smoothed(runs, key) {
  const steps = Math.min(...runs.map(({curve}) => curve.length));
  const points = [];
  for (let end = WINDOW; end <= steps; end += WINDOW) {
    const values = runs.flatMap(({curve}) => curve.slice(end - WINDOW, end).map(s => s[key]));
    const finite = values.filter(Number.isFinite);
    if (finite.length > 0) points.push([end, mean(finite)]);
  }
  return points;
}

/**
 * Draws one curve per variant, logarithmic, of the quantity `key` of each step.
 * @param runs [{variant, curve: [{[key]: number}]}]
 */
export async function drawChart(file, runs, key, title) {
  const names = [...new Set(runs.map(({variant}) => variant))];
  const series = names.map(name => ({
    name,
    points: smoothed(
      runs.filter(({variant}) => variant === name),
      key,
    ),
  }));
  await drawSeries(file, series, title);
}
