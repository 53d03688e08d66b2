/**
 * The failure matrix of replicas: each fault, in each launcher in which it can occur, at a seeded
 * replica and step. All replicas must stop at the same step, the checkpoint must be good, the cause
 * must be named with its replica, and no process may remain. The run must then resume to the bits
 * of an undisturbed one, or with another number of replicas.
 *
 *     npm run test:replicas -- [--seed 1] [--count 3] [--only <kind>]
 *         [--launcher <launcher>] [--cells N]
 *
 * `--cells` runs that many of them, chosen by the seed. Exit code 1 if anything went wrong.
 */
import '../freshDist.mjs';
import {parseArgs} from 'node:util';
import {randomOf} from '../faults/world.mjs';
import {judge} from './cell.mjs';
import {KINDS} from './kinds.mjs';

const {values: args} = parseArgs({
  options: {
    seed: {type: 'string', default: '1'},
    count: {type: 'string', default: '3'},
    only: {type: 'string'},
    launcher: {type: 'string'},
    cells: {type: 'string'},
  },
});

function cells() {
  const random = randomOf(Number(args.seed));
  const count = Number(args.count);
  const all = Object.entries(KINDS).flatMap(([kind, {launchers}]) =>
    launchers.map(launcher => {
      const [rank, step] = [random.below(count), 3 + random.below(4)];
      return {kind, launcher, rank, step, count, others: random.pick([count, 1, 2])};
    }),
  );
  const wanted = all.filter(
    ({kind, launcher}) =>
      [kind, undefined].includes(args.only) && [launcher, undefined].includes(args.launcher),
  );
  if (!args.cells) return wanted;
  // Fisher and Yates.
  for (let i = wanted.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [wanted[i], wanted[j]] = [wanted[j], wanted[i]];
  }
  return wanted.slice(0, Number(args.cells));
}

const began = performance.now();
const results = [];
for (const cell of cells()) {
  const problems = await judge(cell);
  results.push({...cell, problems});
  for (const problem of problems) console.error(`${JSON.stringify(cell)}: ${problem}`);
}
if (results.length === 0) throw new Error(`no cell; kinds are ${Object.keys(KINDS).join(', ')}`);

const launchers = ['process', 'thread', 'inline'];
const mark = (kind, launcher) => {
  const cell = results.find(result => result.kind === kind && result.launcher === launcher);
  if (!cell) return '';
  const on = cell.others === cell.count ? 'the same bits' : `on ${cell.others}`;
  return cell.problems.length > 0
    ? 'WRONG'
    : `replica ${cell.rank}, step ${cell.step}; ${KINDS[kind].recovers ? 'continues' : on}`;
};
console.log(`| one of ${args.count} replicas | ${launchers.join(' | ')} |\n| --- | --- | --- | --- |`);
for (const kind of new Set(results.map(result => result.kind)))
  console.log(`| ${kind} | ${launchers.map(launcher => mark(kind, launcher)).join(' | ')} |`);
const bad = results.filter(({problems}) => problems.length > 0);
console.log(
  `${results.length} cells, ${bad.length} wrong, ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
process.exit(bad.length > 0 ? 1 : 0);
