/**
 * Attacks the built command with hostile clips, weights, checkpoints, plugins and moments. Nothing
 * may be lost, let in or left over.
 *
 *     npm run test:attacks -- [--only <pattern>] [--list] [--jobs N] [--out FILE] [--docs]
 *
 * `--only` selects by topic or name; `--jobs` runs so many at a time; `--out` writes the table as
 * Markdown; `--docs` renews it in docs/security.md, for which all must be run. `--from` takes the
 * attacks of another folder. Each file in this folder that ends in `Attacks.mjs` exports `topic`
 * and a list `attacks` of `{name, expected, run(tools)}`: `run` returns what was seen, and throws
 * where the attack succeeded; `skip()` may return why it can't be tried here. Each attack has a
 * process, a folder for temporary files and a mark in the environment of its own; processes and
 * files that it leaves are an attack that succeeded. Exit code 1 if one succeeded.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {tried} from './attempt.mjs';
import {loadAttacks, problems, renewed, table} from './table.mjs';

const PAGE = new URL('../../docs/security.md', import.meta.url);
const {values: args} = parseArgs({
  options: {
    only: {type: 'string', default: ''},
    from: {type: 'string', default: fileURLToPath(new URL('.', import.meta.url))},
    jobs: {type: 'string', default: '1'},
    list: {type: 'boolean'},
    out: {type: 'string'},
    docs: {type: 'boolean'},
  },
});

/** Runs `work` on each item, so many at a time. @returns the results, in the order of the items */
async function each(items, jobs, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]);
  };
  await Promise.all(Array.from({length: jobs}, worker));
  return results;
}

/** Tries an attack and reports it. */
async function attempt(attack) {
  const startMs = Date.now();
  const outcome = await tried(attack);
  const {topic, name, expected} = attack;
  console.log(`${outcome.result}  ${topic}: ${name} (${Date.now() - startMs} ms)\n    ${outcome.seen}`);
  return {topic, name, expected, ...outcome};
}

async function main() {
  const all = await loadAttacks(args.from);
  const wrong = problems(all);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  const pattern = new RegExp(args.only, 'i');
  const attacks = all.filter(({topic, name}) => pattern.test(`${topic}: ${name}`));
  if (args.list) return attacks.forEach(({topic, name}) => console.log(`${topic}: ${name}`));
  if (args.docs && attacks.length < all.length) throw new Error('--docs needs all attacks: omit --only');
  await import('../freshDist.mjs');
  const rows = await each(attacks, Math.max(1, Number(args.jobs)), attempt);
  if (args.out) writeFileSync(args.out, `${table(rows)}\n`);
  if (args.docs) writeFileSync(PAGE, renewed(readFileSync(PAGE, 'utf8'), table(rows)));
  const bad = rows.filter(({result}) => result === 'SUCCEEDED').length;
  console.log(`${rows.length} attacks, ${bad} succeeded`);
  process.exitCode = bad > 0 || rows.length === 0 ? 1 : 0;
}

await main();
