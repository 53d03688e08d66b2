/** Curves of several runs as a PNG. */
import {mkdirSync} from 'node:fs';
import {dirname} from 'node:path';
import sharp from 'sharp';

const [WIDTH, HEIGHT] = [960, 480];
const PLOT = {left: 70, right: 800, top: 40, bottom: 430};
/** Okabe and Ito's palette: told apart by the colour-blind too. */
const COLOURS = ['#000000', '#E69F00', '#56B4E9', '#009E73', '#CC79A7', '#0072B2', '#D55E00'];
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

/** Ticks at 1, 2 and 5 times powers of ten within the range. */
function ticks(low, high) {
  const result = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const factor of [1, 2, 5]) result.push(factor * 10 ** power);
  return result.filter(tick => tick >= low && tick <= high);
}

function svgOf(series, title) {
  const all = series.flatMap(({points}) => points);
  const [low, high] = [Math.min(...all.map(p => p[1])) * 0.95, Math.max(...all.map(p => p[1])) * 1.05];
  const last = Math.max(...all.map(p => p[0]));
  const x = step => PLOT.left + ((PLOT.right - PLOT.left) * step) / last;
  const y = value => PLOT.bottom - ((PLOT.bottom - PLOT.top) * Math.log(value / low)) / Math.log(high / low);
  const grid = ticks(low, high).map(
    tick =>
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/>` +
      `<text x="${PLOT.left - 8}" y="${y(tick) + 4}" text-anchor="end">${Number(tick.toPrecision(3))}</text>`,
  );
  const steps = [0, 0.25, 0.5, 0.75, 1].map(part => Math.round(part * last));
  const axis = steps.map(
    step => `<text x="${x(step)}" y="${PLOT.bottom + 20}" text-anchor="middle">${step}</text>`,
  );
  const lines = series.map(({name, points}, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const row = PLOT.top + 10 + 20 * i;
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      `<line x1="${PLOT.right + 20}" x2="${PLOT.right + 45}" y1="${row}" y2="${row}" stroke="${colour}" stroke-width="3"/>` +
      `<text x="${PLOT.right + 52}" y="${row + 4}">${name}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/><text x="${PLOT.left}" y="24" font-size="15">${title}</text>
${grid.join('\n')}${axis.join('\n')}<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">step</text>
${lines.join('\n')}</svg>`;
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
  mkdirSync(dirname(file), {recursive: true});
  await sharp(Buffer.from(svgOf(series, title)))
    .png({palette: true})
    .toFile(file);
}
