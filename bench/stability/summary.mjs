/** Summary of each variant. */
import {median} from '../lib/numbers.mjs';
import {ALL} from './variants.mjs';
import {RUNAWAY_SIDES} from './watch.mjs';

const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
/** Steps at the end that count for how well a run learned. */
const LAST = 100;
const INNER_LAYERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** A run that a plugin keeps alive is judged by its end; others by their first failure. */
function failureOf({variant, end, curve, side, failure}) {
  if (!ALL[variant].survives) {
    const steps = Object.entries(end).filter(([, step]) => step !== undefined);
    return steps.sort(([, a], [, b]) => a - b)[0];
  }
  if (failure) return ['stopped', curve.at(-1).step];
  const tail = curve.slice(-20).filter(({updated}) => updated);
  const sound = tail.length > 0 && tail.every(({maxFlow}) => maxFlow <= RUNAWAY_SIDES * side);
  return sound ? undefined : ['unsound', curve.at(-1).step];
}

/** Product of the gains of a block's inner layers, at each measured step. */
export const gainCurve = ({gains}, block) =>
  gains.map(row => [row.step, INNER_LAYERS.reduce((product, i) => product * Number(row[block][i]), 1)]);

const finite = values => values.filter(Number.isFinite);

function rowOf(variant, runs) {
  const failures = runs.map(failureOf);
  const alive = runs.filter((_, i) => failures[i] === undefined);
  const stepsOf = kind => finite(runs.map(({end}) => end[kind] ?? NaN));
  const scored = alive.filter(({psnr}) => psnr);
  const gaps = scored.length > 0 ? Object.keys(scored[0].psnr.network) : [];
  const over = kind =>
    Object.fromEntries(gaps.map(gap => [gap, mean(scored.map(({psnr}) => psnr[kind][gap]))]));
  return {
    variant,
    about: ALL[variant].about,
    seeds: runs.map(({seed}) => seed),
    limit: runs[0].limit,
    alive: alive.length,
    ends: failures.map(failure => (failure ? {kind: failure[0], step: failure[1]} : null)),
    nonFinite: stepsOf('nonFinite'),
    runaway: stepsOf('runaway'),
    dead: stepsOf('dead'),
    reconstruction:
      alive.length > 0
        ? mean(alive.flatMap(({curve}) => curve.slice(-LAST).map(s => Number(s.reconstruction))))
        : null,
    psnr: over('network'),
    mean: over('mean'),
    gain: median(runs.map(run => Math.max(...finite(gainCurve(run, 'block0').map(([, gain]) => gain))))),
  };
}

export function summarize(runs) {
  return [...new Set(runs.map(({variant}) => variant))].map(variant =>
    rowOf(
      variant,
      runs.filter(run => run.variant === variant),
    ),
  );
}

const steps = values => (values.length === 0 ? '-' : values.sort((a, b) => a - b).join(', '));
const decibels = ({psnr}, gap) => (psnr[gap] === undefined ? '-' : psnr[gap].toFixed(1));

/** Markdown. */
export function table(rows) {
  const head = [
    'variant',
    'what is changed',
    'alive',
    'run-away at',
    'NaN at',
    'no gradient from',
    'loss',
    'PSNR gap 1',
    'gap 8',
    'gap 32',
    'largest gain of block0',
  ];
  const cells = row => [
    row.variant,
    row.about,
    `${row.alive} of ${row.seeds.length} at ${row.limit}`,
    steps(row.runaway),
    steps(row.nonFinite),
    steps(row.dead),
    row.reconstruction === null ? '-' : row.reconstruction.toFixed(3),
    decibels(row, 1),
    decibels(row, 8),
    decibels(row, 32),
    Number.isFinite(row.gain) ? row.gain.toPrecision(2) : '-',
  ];
  return [head, head.map(() => '---'), ...rows.map(cells)].map(row => `| ${row.join(' | ')} |`).join('\n');
}
