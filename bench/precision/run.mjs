/**
 * Does bf16 cost quality? Trains with float32, with float32 by other kernels, and with bf16, on the
 * demo clips at the same seeds; scores each on held-back clips. Writes
 * bench/results/precision.json, and prints the table of docs/engine.md.
 *
 *     node bench/precision/run.mjs [--steps 2000] [--seeds 1,2,3] [--jobs 2] [--raw FOLDER]
 *
 * A run takes ten minutes on one core, and nine are made. Those that are in `--raw` already are not
 * repeated.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {fail} from '../lib/numbers.mjs';
import {flags, runJson} from '../lib/process.mjs';
import {VARIANTS} from './variants.mjs';
import {summaryOf, table} from './summary.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const {values: args} = parseArgs({
  options: {
    steps: {type: 'string', default: '2000'},
    seeds: {type: 'string', default: '1,2,3'},
    jobs: {type: 'string', default: '2'},
    raw: {type: 'string', default: path('../../runs/precision')},
    out: {type: 'string', default: path('../results/precision.json')},
  },
});

/** Trains one variant, unless its result is there. */
async function runOf({variant, seed}) {
  const file = join(args.raw, `${variant.replace(' ', '-')}-${seed}-${args.steps}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const command = [path('train.mjs'), ...flags({variant, seed, steps: args.steps})];
  const result = await runJson(process.execPath, command, {
    TF_NUM_INTRAOP_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '2',
  });
  if (result.error) throw new Error(`${variant}, seed ${seed}: ${result.error}`);
  writeFileSync(file, JSON.stringify(result));
  console.error(`${variant}, seed ${seed}: ${JSON.stringify(result.psnr)}`);
  return result;
}

/** All runs, so many at a time. */
async function runAll(tasks) {
  const results = [];
  const waiting = tasks.entries();
  const work = async () => {
    for (const [i, task] of waiting) results[i] = await runOf(task);
  };
  await Promise.all(Array.from({length: Number(args.jobs)}, work));
  return results;
}

async function main() {
  mkdirSync(args.raw, {recursive: true});
  const seeds = args.seeds.split(',').map(Number);
  const machine = machineFacts();
  const runs = await runAll(seeds.flatMap(seed => Object.keys(VARIANTS).map(variant => ({variant, seed}))));
  const summary = summaryOf(runs);
  writeFileSync(args.out, `${JSON.stringify({machine, summary, runs}, null, 1)}\n`);
  console.log(table(summary));
}

main().catch(fail);
