/**
 * Does an engine in several threads of one process hold? Every run is a new process whose threads
 * load, trace, train and dispose at once, and check all their numbers; before them, threads that do
 * nothing but store names of attributes. Prints how each process ended.
 *
 *     npm run test:threads -- [--runs 200] [--threads 4] [--seed 1] [--jobs 1] [--limit 120]
 *
 * Exit code 1 when one did not end well. A process without an end within `--limit` seconds is
 * killed: a broken set of names is searched for ever.
 */
import '../freshDist.mjs';
import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {isMain, runMain, ScriptError} from '../run.mjs';

const DEFAULTS = {runs: '200', threads: '4', seed: '1', jobs: '1', limit: '120'};

function readOptions(args) {
  const options = Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [name, {type: 'string', default: value}]),
  );
  const {values} = parseArgs({args, options});
  for (const [name, value] of Object.entries(values))
    if (!/^\d{1,9}$/.test(value) || value === '0')
      throw new ScriptError(`--${name} is "${value}"`, 'give a whole number from 1 on');
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
}

/** @returns `ok`, or how the process ended, and its last words */
function outcome(script, args, limit) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return new Promise(resolve => {
    const child = spawn(process.execPath, [path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env},
    });
    let [out, err, late] = ['', '', false];
    child.stdout.on('data', chunk => (out += chunk));
    child.stderr.on('data', chunk => (err = (err + chunk).slice(-2000)));
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, 1000 * limit);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const end = late ? 'no end' : (signal ?? (code === 0 ? 'ok' : `exit code ${code}`));
      resolve({end, out, words: end === 'ok' ? '' : err.trim()});
    });
  });
}

async function main(args) {
  const {runs, threads, seed, jobs, limit} = readOptions(args);
  const ends = new Map();
  const peaks = [];
  const began = performance.now();
  const note = (what, {end, words}) => {
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if (end !== 'ok') console.error(`${what}: ${end}\n${words}`);
  };
  note('names of attributes', await outcome('attributes.mjs', ['--threads', `${threads}`], limit));
  let next = 0;
  const work = async () => {
    for (let run = next++; run < runs; run = next++) {
      const own = ['--threads', `${threads}`, '--seed', `${seed + run}`];
      const result = await outcome('process.mjs', own, limit);
      note(`seed ${seed + run}`, result);
      if (result.end === 'ok') peaks.push(JSON.parse(result.out).peakRssBytes);
      if ((run + 1) % 20 === 0) console.error(`${run + 1} runs`);
    }
  };
  await Promise.all(Array.from({length: jobs}, work));
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const words = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  const mib = (Math.max(...peaks) / 2 ** 20).toFixed(0);
  console.log(
    `${runs} runs of ${threads} threads, and 1 of names: ${words}; ${minutes} minutes, at most ${mib} MiB`,
  );
  return ends.get('ok') === runs + 1 ? 0 : 1;
}

if (isMain(import.meta.url)) await runMain(main);
