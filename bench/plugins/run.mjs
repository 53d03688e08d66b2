/**
 * Compares the stock trainer with each official plugin and with all of them, on the demo clips: one
 * process each, the same seed and data. Writes bench/results/plugins.json, the curves to
 * docs/images/plugins-*.png, and prints the table of docs/plugins-compared.md.
 *
 *     node bench/plugins/run.mjs [--steps 500] [--seeds 1234] [--variants none,distill,...]
 *         [--rate 3e-4] [--out FILE] [--images FOLDER]
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {drawChart} from './chart.mjs';
import {summarize, table} from './summary.mjs';
import {VARIANTS} from './variants.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const {values: args} = parseArgs({
  options: {
    steps: {type: 'string', default: '500'},
    seeds: {type: 'string', default: '1234'},
    variants: {type: 'string', default: Object.keys(VARIANTS).join(',')},
    rate: {type: 'string', default: '3e-4'},
    out: {type: 'string', default: path('../results/plugins.json')},
    images: {type: 'string', default: path('../../docs/images')},
  },
});

function train(variant, seed) {
  const flags = ['--variant', variant, '--steps', args.steps, '--seed', seed, '--rate', args.rate];
  const {stdout, stderr, status} = spawnSync(process.execPath, [path('train.mjs'), ...flags], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {TF_CPP_MIN_LOG_LEVEL: '2', ...process.env},
  });
  if (status !== 0) throw new Error(`variant ${variant}, seed ${seed} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const machine = machineFacts();
const runs = [];
for (const seed of args.seeds.split(','))
  for (const variant of args.variants.split(',')) {
    runs.push(train(variant, seed));
    console.error(`${variant}, seed ${seed} done`);
  }
const rows = summarize(runs);
mkdirSync(dirname(args.out), {recursive: true});
writeFileSync(args.out, `${JSON.stringify({machine, steps: Number(args.steps), rows, runs})}\n`);
await drawChart(
  `${args.images}/plugins-loss.png`,
  runs,
  'reconstruction',
  'reconstruction loss, mean of 25 steps',
);
await drawChart(
  `${args.images}/plugins-norm.png`,
  runs,
  'gradNorm',
  'gradient norm before plugins, mean of 25 steps',
);
console.log(table(rows));
