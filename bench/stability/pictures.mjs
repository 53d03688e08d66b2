/** The pictures of docs/stability.md. */
import {join} from 'node:path';
import {drawSeries} from '../lib/chart.mjs';

/** Variants side by side in a picture of survival; `stock` is in each. */
const GROUPS = {
  remedies: ['stock', 'decay 2e-3', 'batch norm', 'distill 0.002', 'distill 0', 'rate 5e-4', 'rate 3e-4'],
  suspects: [
    'stock',
    'teacher detached',
    'blind to flow',
    'border pull',
    'beta2 0.9',
    'block0 frozen',
    'gain held',
  ],
  plugins: [
    'stock',
    'curriculum',
    'gradclip',
    'flownorm',
    'multiscale',
    'all five',
    'recover',
    'gainlimit',
    'all seven',
  ],
};

/** Share of the seeds that are alive, by step. */
function survival({ends, seeds, limit}, last) {
  const steps = ends
    .filter(end => end !== null)
    .map(({step}) => step)
    .sort((a, b) => a - b);
  let alive = seeds.length;
  const points = [[0, 1]];
  for (const step of steps) {
    points.push([step, alive / seeds.length]);
    alive -= 1;
    points.push([step, alive / seeds.length]);
  }
  return [...points, [Math.min(limit, last), alive / seeds.length]];
}

const finitePoints = points => points.filter(([, value]) => Number.isFinite(value) && value > 0);

export async function drawPictures(folder, runs, rows) {
  for (const [name, variants] of Object.entries(GROUPS)) {
    const own = variants.flatMap(variant => rows.filter(row => row.variant === variant));
    if (own.length === 0) continue;
    const last = Math.max(...own.map(({limit}) => limit));
    const series = own.map(row => ({name: row.variant, points: survival(row, last)}));
    await drawSeries(join(folder, `stability-${name}.png`), series, 'share of the seeds that are alive', {
      log: false,
      range: [0, 1],
    });
  }
  const run = runs.find(({variant}) => variant === 'stock');
  if (!run) return;
  const curveOf = key => finitePoints(run.curve.map(row => [row.step, Number(row[key])]));
  await drawSeries(
    join(folder, 'stability-flow.png'),
    [
      {name: 'largest |flow|, px', points: curveOf('maxFlow')},
      {name: 'gradient norm', points: curveOf('gradNorm')},
      {name: 'distillation term', points: curveOf('distill')},
    ],
    `flow, gradient and distillation term by step (stock, seed ${run.seed})`,
  );
}
