/**
 * Which number of a step tells runs that die from those that live, and how long before? Reads runs
 * that were recorded with `--inside`, prints tables, draws pictures, and writes
 * bench/results/stability-inside.json. Without `--raw` it only reads that file.
 *
 *     node bench/stability/train.mjs --variant stock --seed 1 --inside > RAW/stock-1.json
 *     node bench/stability/separation.mjs --raw RAW
 *     node bench/stability/separation.mjs
 *
 * Runs whose file begins with `test-` were not looked at when the threshold was chosen.
 */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {drawSeries} from '../lib/chart.mjs';
import {machineFacts} from '../lib/machine.mjs';
import {median} from '../lib/numbers.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const {values: args} = parseArgs({
  options: {
    raw: {type: 'string'},
    out: {type: 'string', default: path('../results/stability-inside.json')},
    images: {type: 'string', default: path('../../docs/images')},
  },
});

/** Steps whose median is taken: single steps are noisy in any run. */
const WINDOW = 20;
/** Steps in which the optimizer's moments fill; none of them counts. */
const START = 10;
/** Of the separating quantity, in px: the warning. */
const THRESHOLD = 1;

/** Largest over the blocks. */
const over = (inside, kind) =>
  Math.max(
    ...Object.entries(inside).flatMap(([key, value]) => (key.startsWith(`${kind}/`) ? [Number(value)] : [])),
  );

/** Quantities of a step, in the order of the table. */
const QUANTITIES = {
  loss: ['reconstruction loss', row => Number(row.reconstruction)],
  gradient: ['norm of the gradient', row => Number(row.gradNorm)],
  flow: ['largest flow, px', row => Number(row.maxFlow)],
  product: ['log10 of the product of the gains', row => over(row.inside, 'product')],
  path: ['path gain, px per unit', row => over(row.inside, 'path')],
  change: ["largest change of a layer's gain, share", row => over(row.inside, 'change')],
  move: ['move of the flow by the update, px', row => over(row.inside, 'move')],
};

const short = value => (Number.isFinite(value) ? Number(value.toPrecision(3)) : null);
const firstEnd = end => Math.min(Infinity, ...Object.values(end).filter(Number.isFinite));

/** A run as it is kept: its end, and the quantities of each step before it. */
function compact(name, {variant, set, seed, end, curve, psnr}) {
  const death = firstEnd(end);
  const alive = curve.filter(({step}) => step < death);
  const series = Object.fromEntries(
    Object.entries(QUANTITIES).map(([key, [, of]]) => [key, alive.map(row => short(of(row)))]),
  );
  return {
    ...{name, variant, set, seed, steps: curve.length},
    death: Number.isFinite(death) ? death : null,
    isTest: name.startsWith('test-'),
    ...(psnr && {psnr: psnr.network}),
    series,
  };
}

const readRaw = folder =>
  readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => {
      const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
      return compact(name.slice(0, -'.json'.length), JSON.parse(lines.at(-1)));
    });

/** Medians of the last {@link WINDOW} steps; nothing before there are enough. */
const rolling = values =>
  values.map((_, i) =>
    i < WINDOW + START ? null : median(values.slice(i - WINDOW + 1, i + 1).map(v => v ?? Infinity)),
  );

const largest = values => Math.max(...values.filter(value => value !== null));
const firstAbove = (values, limit) => values.findIndex(value => value !== null && value > limit);

/** Steps from the first median above the limit to the end; null where there is none. */
function leadOf({death, series}, key, limit) {
  const at = firstAbove(rolling(series[key]), limit);
  return at < 0 ? null : death - at;
}

/** A warning counts when it comes at least this many steps before the end. */
const IN_TIME = 10;

/** How often a limit warns of a death in time, and how often in a run that lives. */
function judge(runs, key, limit) {
  const dying = runs.filter(({death}) => death !== null);
  const living = runs.filter(({death}) => death === null);
  const leads = dying.map(run => leadOf(run, key, limit)).filter(lead => lead !== null && lead >= IN_TIME);
  const alarms = living.filter(({series}) => firstAbove(rolling(series[key]), limit) >= 0).length;
  const score = leads.length / dying.length - alarms / living.length;
  return {limit, leads, alarms, score, dying: dying.length, living: living.length};
}

/** The limit with the most hits and the fewest false alarms; of equals the highest. */
function bestLimit(runs, key) {
  const tops = runs.map(({series}) => largest(rolling(series[key])));
  return tops
    .flatMap(top => [0.5, 0.75, 0.999].map(share => judge(runs, key, share * top)))
    .reduce((best, next) =>
      next.score > best.score || (next.score === best.score && next.limit > best.limit) ? next : best,
    );
}

function separationTable(runs) {
  const known = runs.filter(({isTest}) => !isTest);
  const test = runs.filter(({isTest}) => isTest);
  const found = ({leads, alarms, dying, living}) => [
    `${leads.length} of ${dying}`,
    leads.length > 0 ? String(median(leads)) : '-',
    `${alarms} of ${living}`,
  ];
  const rows = Object.entries(QUANTITIES).map(([key, [title]]) => {
    const best = bestLimit(known, key);
    const cells = [best, judge(test, key, best.limit)].flatMap(found);
    return `| ${[title, best.limit.toPrecision(2), ...cells].join(' | ')} |`;
  });
  return [
    `| median of ${WINDOW} steps | limit | deaths warned of | steps ahead | false alarms | test: deaths | steps ahead | false alarms |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function runsTable(runs) {
  const rows = runs.map(run => {
    const move = largest(rolling(run.series.move));
    const lead = run.death === null ? '-' : (leadOf(run, 'move', THRESHOLD) ?? '-');
    const fate = run.death === null ? `alive at ${run.steps}` : `dead at ${run.death}`;
    const what = [run.variant, ...run.set].join(', ');
    const product = largest(rolling(run.series.product));
    return `| ${what} | ${run.seed} | ${run.isTest ? 'yes' : ''} | ${fate} | ${product.toFixed(1)} | ${largest(rolling(run.series.path)).toPrecision(2)} | ${largest(rolling(run.series.change)).toPrecision(2)} | ${move.toPrecision(2)} | ${lead} |`;
  });
  return [
    '| run | seed | test | end | log10 product | path gain | change | move, px | warned before |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Runs that died first; of those that live the longest first. */
const byEnd = (a, b) => (a.death ?? 1e6 - a.steps) - (b.death ?? 1e6 - b.steps);

async function draw(runs) {
  const pointsOf = (run, key, of = values => values) =>
    of(run.series[key]).flatMap((value, step) => (value > 0 ? [[step, value]] : []));
  const stock = runs.find(({variant, set, seed}) => variant === 'stock' && set.length === 0 && seed === 1);
  if (stock) {
    const product = stock.series.product.flatMap((value, step) => [[step, 10 ** value]]);
    await drawSeries(
      join(args.images, 'stability-inside.png'),
      [
        {name: 'product of the gains', points: product},
        {name: 'path gain', points: pointsOf(stock, 'path')},
        {name: 'move, px', points: pointsOf(stock, 'move')},
        {name: 'largest |flow|, px', points: pointsOf(stock, 'flow')},
      ],
      'inside the blocks until the run-away (stock, seed 1)',
    );
  }
  // The first 800 steps; after them nothing happens in the runs that live.
  const early = points => points.filter(([step]) => step < 800);
  const shown = runs
    .filter(({isTest, seed}) => !isTest && seed === 1)
    .sort(byEnd)
    .slice(0, 8);
  await drawSeries(
    join(args.images, 'stability-move.png'),
    shown.map(run => ({
      name: `${[run.variant, ...run.set.map(text => text.replace(/.*=/, 'rate '))].join(', ')}`,
      points: early(pointsOf(run, 'move', rolling)),
    })),
    `by how many px an update moves the flow (median of ${WINDOW} steps)`,
  );
}

if (args.raw) {
  const runs = readRaw(args.raw);
  const facts = {machine: machineFacts(), window: WINDOW, threshold: THRESHOLD};
  const lines = runs.map(run => ` ${JSON.stringify(run)}`).join(',\n');
  writeFileSync(args.out, `${JSON.stringify(facts).slice(0, -1)},"runs":[\n${lines}\n]}\n`);
}
const {runs} = JSON.parse(readFileSync(args.out, 'utf8'));
await draw(runs);
console.log(`${separationTable(runs)}\n\n${runsTable(runs)}`);
