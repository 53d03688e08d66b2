/**
 * Reproduces the reported blow-up at small scale, and tries changes and plugins against it: every
 * variant with the same seeds and data, a process each. Writes bench/results/stability.json and
 * pictures, and prints the tables of docs/stability.md. Runs that are in `--raw` already are not
 * run again.
 *
 *     node bench/stability/run.mjs [--seeds 1,2,3,4,5] [--variants stock,gradclip,...] [--jobs 2]
 *         [--raw FOLDER] [--out FILE] [--images FOLDER]
 */
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {drawPictures} from './pictures.mjs';
import {summarize, table} from './summary.mjs';
import {unpackClips} from './unpack.mjs';
import {VARIANTS} from './variants.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const {values: args} = parseArgs({
  options: {
    seeds: {type: 'string', default: '1,2,3,4,5'},
    variants: {type: 'string', default: Object.keys(VARIANTS).join(',')},
    jobs: {type: 'string', default: '2'},
    raw: {type: 'string', default: path('../../node_modules/.cache/stability')},
    out: {type: 'string', default: path('../results/stability.json')},
    images: {type: 'string', default: path('../../docs/images')},
  },
});

const rawFile = ({variant, seed}) => join(args.raw, `${variant.replaceAll(/[ ,]/g, '_')}-${seed}.json`);

/** One thread each: the last digits of a sum depend on how many share it. */
const THREADS = {TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1'};

mkdirSync(args.raw, {recursive: true});
const clips = unpackClips(path('clips'), join(args.raw, 'clips'));

function train({variant, seed}) {
  const flags = ['--variant', variant, '--seed', seed, '--gains', '10', '--clips', clips];
  const child = spawn(process.execPath, [path('train.mjs'), ...flags], {
    env: {TF_CPP_MIN_LOG_LEVEL: '2', ...process.env, ...THREADS},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', text => (stdout += text));
  child.stderr.on('data', text => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('close', code => {
      if (code !== 0) return reject(new Error(`"${variant}", seed ${seed} failed:\n${stderr}`));
      const file = rawFile({variant, seed});
      writeFileSync(`${file}.tmp`, stdout);
      renameSync(`${file}.tmp`, file);
      console.error(`${variant}, seed ${seed} done`);
      resolve();
    });
  });
}

async function trainAll(wanted) {
  const waiting = wanted.filter(run => !existsSync(rawFile(run)));
  const work = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) await train(run);
  };
  await Promise.all(Array.from({length: Number(args.jobs)}, work));
}

const wanted = args.seeds
  .split(',')
  .flatMap(seed => args.variants.split(',').map(variant => ({variant, seed})));
await trainAll(wanted);
const runs = wanted.map(run => JSON.parse(readFileSync(rawFile(run), 'utf8').trim().split('\n').at(-1)));
const rows = summarize(runs);
mkdirSync(dirname(args.out), {recursive: true});
writeFileSync(args.out, `${JSON.stringify({machine: machineFacts(), seeds: args.seeds, rows}, null, 1)}\n`);
await drawPictures(args.images, runs, rows);
console.log(table(rows));
