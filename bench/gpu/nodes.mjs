/**
 * Where the nodes of a step run on a GPU, and what is copied between it and the host: by the
 * recorded registry of TensorFlow's kernels, without a GPU. Run `npm run build` first.
 *
 *     node bench/gpu/nodes.mjs           # all cases; exits with 1 if a node computes on the host
 *     node bench/gpu/nodes.mjs --docs    # also writes the tables of docs/gpu.md
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {isMain} from '../../scripts/run.mjs';
import {markdownTable, renewed} from '../lib/page.mjs';
import {CASES, NETWORKS} from './cases.mjs';
import {recordLpips, recordRun} from './graphs.mjs';
import {bytesOf, placementOf} from './placement.mjs';

const at = path => fileURLToPath(new URL(path, import.meta.url));
export const PAGE = at('../../docs/gpu.md');
export const registry = JSON.parse(readFileSync(at('registry.json'), 'utf8'));

/** {name, entry, nodes, missing, crossings} of each entry of a case. */
async function judged({name, ...config}, record) {
  const graphs = await record(config);
  return [...graphs].map(([entry, graph]) => ({name, entry, ...placementOf(graph, registry)}));
}

/** The same of all cases. */
export async function judgeAll() {
  const entries = [];
  for (const config of CASES) entries.push(...(await judged(config, recordRun)));
  entries.push(...(await judged({name: 'LPIPS'}, recordLpips)));
  return entries;
}

const number = value => value.toLocaleString('en-US');
const count = (nodes, kind) => number(nodes.filter(node => node.kind === kind).length);
const table = (head, rows) => markdownTable(head, rows, 2);

/** Nodes by kind, and bytes of a run. */
const overview = entries =>
  table(
    [
      '',
      'entry',
      'nodes',
      'on the GPU',
      'on the host by design',
      'neither',
      'bytes to the GPU',
      'bytes to the host',
    ],
    entries.map(({name, entry, nodes, crossings}) => [
      name,
      `\`${entry}\``,
      number(nodes.length),
      ...['gpu', 'host', 'missing'].map(kind => count(nodes, kind)),
      ...['to GPU', 'to host'].map(direction => number(bytesOf(crossings, direction))),
    ]),
  );

/** Each tensor that goes across. */
const copies = entries =>
  table(
    ['entry', 'what', 'bytes'],
    entries.flatMap(({entry, crossings}) =>
      crossings.map(({what, direction, from, to, type, bytes}) => [
        `\`${entry}\``,
        `${what === 'inside' ? `${from}, read by ${to.join(', ')}` : `\`${what}\``}, ${type}, ${direction.replace('to ', 'to the ')}`,
        number(bytes),
      ]),
    ),
  );

/** What is on the host by design: how many nodes of which op, and why. */
function onHost(entries) {
  const counts = new Map();
  for (const {node, why} of entries.flatMap(({nodes}) => nodes.filter(({kind}) => kind === 'host'))) {
    const key = `${node.op} | ${why}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return table(
    ['op', 'why', 'nodes'],
    [...counts].map(([key, nodes]) => [...key.split(' | '), number(nodes)]),
  );
}

/** The page with its tables renewed, each between its two marks. */
export function pageWith(page, entries) {
  const defaults = new Set(NETWORKS.map(({name}) => name));
  const ofIfNet = entries.filter(({name, entry}) => name === 'IFNet' && entry !== 'predict');
  const tables = {
    networks: overview(entries.filter(({name}) => defaults.has(name))),
    others: overview(entries.filter(({name}) => !defaults.has(name))),
    copies: copies(ofIfNet),
    host: onHost(entries),
  };
  return Object.entries(tables).reduce(
    (text, [name, rows]) => renewed(text, name, `\n\n${rows}\n\n`, 'bench/gpu/nodes.mjs'),
    page,
  );
}

async function main() {
  const {values} = parseArgs({options: {docs: {type: 'boolean', default: false}}});
  const entries = await judgeAll();
  for (const {name, entry, missing} of entries)
    for (const {node, why} of missing) console.log(`${name}, ${entry}: ${node.name} (${node.op}): ${why}`);
  const missing = entries.reduce((sum, entry) => sum + entry.missing.length, 0);
  const nodes = entries.reduce((sum, entry) => sum + entry.nodes.length, 0);
  console.log(`${number(nodes)} nodes in ${entries.length} entries; ${missing} compute on the host`);
  if (values.docs) writeFileSync(PAGE, pageWith(readFileSync(PAGE, 'utf8'), entries));
  process.exitCode = missing > 0 ? 1 : 0;
}

if (isMain(import.meta.url)) await main();
