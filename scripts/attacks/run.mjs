/**
 * Attacks the built command with hostile clips, weights, checkpoints, plugins and moments. Nothing
 * may be lost, let in or left over.
 *
 *     npm run test:attacks -- [--only <pattern>] [--list] [--out FILE]
 *
 * `--only` selects by topic or name; `--out` writes the table as Markdown. Each file in this folder
 * that ends in `Attacks.mjs` exports `topic` and a list `attacks` of
 * `{name, expected, run(tools)}`: `run` returns what was seen, and throws where the attack
 * succeeded; `skip()` may return why it can't be tried here. Exit code 1 if one succeeded.
 */
import '../freshDist.mjs';
import {readdirSync, writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {toolsFor} from './tools.mjs';

const {values: args} = parseArgs({
  options: {only: {type: 'string'}, list: {type: 'boolean'}, out: {type: 'string'}},
});

async function selected() {
  const files = readdirSync(new URL('.', import.meta.url)).filter(name => name.endsWith('Attacks.mjs'));
  const topics = await Promise.all(files.sort().map(file => import(`./${file}`)));
  const all = topics.flatMap(({topic, attacks}) => attacks.map(attack => ({topic, ...attack})));
  const pattern = new RegExp(args.only ?? '', 'i');
  return all.filter(({topic, name}) => pattern.test(`${topic}: ${name}`));
}

/** @returns `{result, seen}` of an attack */
async function tried(attack) {
  const reason = attack.skip?.();
  if (reason) return {result: 'not tried', seen: reason};
  const tools = toolsFor();
  try {
    return {result: 'held', seen: await attack.run(tools)};
  } catch (error) {
    return {result: 'SUCCEEDED', seen: error.message};
  } finally {
    tools.cleanUp();
  }
}

const cell = text => String(text).replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
const table = rows =>
  ['| topic | attack | expected | result |', '|---|---|---|---|', ...rows]
    .map(row => (Array.isArray(row) ? `| ${row.map(cell).join(' | ')} |` : row))
    .join('\n');

const attacks = await selected();
if (args.list) {
  for (const {topic, name} of attacks) console.log(`${topic}: ${name}`);
  process.exit(0);
}
const rows = [];
let bad = 0;
for (const attack of attacks) {
  const startMs = Date.now();
  const {result, seen} = await tried(attack);
  if (result === 'SUCCEEDED') bad += 1;
  rows.push([attack.topic, attack.name, attack.expected, `${result}: ${seen}`]);
  console.log(`${result}  ${attack.topic}: ${attack.name} (${Date.now() - startMs} ms)\n    ${cell(seen)}`);
}
if (args.out) writeFileSync(args.out, `${table(rows)}\n`);
console.log(`${attacks.length} attacks, ${bad} succeeded`);
process.exit(bad > 0 || attacks.length === 0 ? 1 : 0);
