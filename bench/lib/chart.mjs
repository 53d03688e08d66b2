/** Curves as a PNG. */
import {mkdirSync} from 'node:fs';
import {dirname} from 'node:path';
import sharp from 'sharp';

const [WIDTH, HEIGHT] = [960, 480];
const PLOT = {left: 70, right: 760, top: 40, bottom: 430};
/** Okabe and Ito's palette, which colour-blind readers can distinguish too. */
const COLOURS = ['#000000', '#E69F00', '#56B4E9', '#009E73', '#CC79A7', '#0072B2', '#D55E00', '#999999'];

/**
 * Ticks at 1, 2 and 5 times powers of ten within the range; at powers alone where the range is
 * wide.
 */
function logTicks(low, high) {
  const factors = high / low > 1e4 ? [1] : [1, 2, 5];
  const result = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const factor of factors) result.push(factor * 10 ** power);
  const inside = result.filter(tick => tick >= low && tick <= high);
  const every = Math.ceil(inside.length / 12);
  return inside.filter((_, i) => i % every === 0);
}

const linearTicks = (low, high) => [0, 0.25, 0.5, 0.75, 1].map(part => low + part * (high - low));

/** Values to pixels, and the ticks. */
function axisOf(values, {log, range}) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const [low, high] = range ?? (log ? [least * 0.95, most * 1.05] : [least, most]);
  const share = log
    ? value => Math.log(value / low) / Math.log(high / low)
    : value => (value - low) / (high - low);
  return {
    y: value => PLOT.bottom - (PLOT.bottom - PLOT.top) * share(value),
    ticks: log ? logTicks(low, high) : linearTicks(low, high),
  };
}

const tickText = tick =>
  tick >= 1e5 || (tick > 0 && tick < 1e-3) ? tick.toExponential(0) : String(Number(tick.toPrecision(3)));

function svgOf(series, title, {log = true, range, xTitle = 'step'}) {
  const all = series.flatMap(({points}) => points);
  const last = Math.max(...all.map(p => p[0]));
  const {y, ticks} = axisOf(
    all.map(p => p[1]),
    {log, range},
  );
  const x = step => PLOT.left + ((PLOT.right - PLOT.left) * step) / last;
  const grid = ticks.map(
    tick =>
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/>` +
      `<text x="${PLOT.left - 8}" y="${y(tick) + 4}" text-anchor="end">${tickText(tick)}</text>`,
  );
  const steps = [0, 0.25, 0.5, 0.75, 1].map(part => Math.round(part * last));
  const axis = steps.map(
    step => `<text x="${x(step)}" y="${PLOT.bottom + 20}" text-anchor="middle">${step}</text>`,
  );
  const lines = series.map(({name, points}, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const dash = i >= COLOURS.length ? ' stroke-dasharray="6 3"' : '';
    const path = points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const row = PLOT.top + 10 + 20 * i;
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>` +
      `<line x1="${PLOT.right + 20}" x2="${PLOT.right + 45}" y1="${row}" y2="${row}" stroke="${colour}" stroke-width="3"${dash}/>` +
      `<text x="${PLOT.right + 52}" y="${row + 4}">${name}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/><text x="${PLOT.left}" y="24" font-size="15">${title}</text>
${grid.join('\n')}${axis.join('\n')}<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${xTitle}</text>
${lines.join('\n')}</svg>`;
}

/**
 * Draws one line per series.
 * @param series [{name, points: [[x, y]]}]
 * @param options `log` (default true), `range` [low, high] of y, `xTitle`
 */
export async function drawSeries(file, series, title, options = {}) {
  mkdirSync(dirname(file), {recursive: true});
  await sharp(Buffer.from(svgOf(series, title, options)))
    .png({palette: true})
    .toFile(file);
}
