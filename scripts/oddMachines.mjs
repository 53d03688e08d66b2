/**
 * Checks that the tests pass on a machine that is busy, slow, abroad, or somebody else's. Runs
 * jest's part of `npm test` once for each set of variations.
 *
 *     npm run test:odd-machines -- [--only load,nice+locale] [--seed N] [--list]
 *         [-- <arguments of jest>]
 *
 * Without `--only` all variations are tried in the two runs of DEFAULT_RUNS. A comma starts the
 * next run, a plus adds to the same one. What this machine can't do is listed with the reason, and
 * is not a failure. Exit code 1 if a test failed.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Impossible} from './oddMachines/impossible.mjs';
import {VARIATIONS} from './oddMachines/variations.mjs';
import {isMain, runMain, ScriptError} from './run.mjs';
import {jestCounts, summary} from './test.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Variations in one run must not hide each other's faults. */
const DEFAULT_RUNS = 'load+randomize+umask000+coarse,nice+core+locale+umask077+tmpdir+user';
/** Four times slower: two busy loops beside two workers on two cores, with a margin. */
const SLOWNESS = '4';
/** Files that jest and Node keep in the folder for temporary files on purpose. */
const KEPT = /^(jest_|haste-map-|node-compile-cache)/;

/**
 * @returns {string[][]} names of the variations of each run, in the order in which they are applied
 */
export function runsOf(only = DEFAULT_RUNS) {
  const names = Object.keys(VARIATIONS);
  return only.split(',').map(text => {
    const wanted = text.split('+').map(name => name.trim());
    const unknown = wanted.find(name => !names.includes(name));
    if (unknown !== undefined)
      throw new ScriptError(`--only names "${unknown}"`, `choose from ${names.join(', ')}`);
    return names.filter(name => wanted.includes(name));
  });
}

/** How jest is started; variations change it. */
function plainRun(folder, seed) {
  const [temporary, reports] = ['tmp', 'reports'].map(name => join(folder, name));
  for (const made of [temporary, reports]) mkdirSync(made);
  return {
    root: ROOT,
    folder,
    temporary,
    reports,
    seed,
    env: {RIFE_TEST_SLOWNESS: SLOWNESS, TF_CPP_MIN_LOG_LEVEL: '2', ...process.env},
    /** Programs that start the next one, with their arguments. */
    before: [],
    jestArgs: [],
    user: {},
    notes: [],
    cleanUps: [],
  };
}

/**
 * Applies variations. @returns names of those in force; reasons of the others are added to
 * `impossible`
 */
async function apply(names, run, impossible) {
  const applied = [];
  for (const name of names) {
    try {
      await VARIATIONS[name].apply(run);
      applied.push(name);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      impossible.set(name, error.message);
    }
  }
  return applied;
}

/**
 * Sends a signal to the whole group of a child; 0 only checks. @returns whether a process was in it
 */
function signalGroup(child, signal) {
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/**
 * Gives processes that jest started a few seconds to end after it. @returns whether some were
 * killed
 */
async function endGroup(child) {
  for (let waited = 0; waited < 50 && signalGroup(child, 0); waited++) await sleep(100);
  return signalGroup(child, 'SIGKILL');
}

/** Runs jest in a process group of its own, so that everything that it starts can be ended. */
async function runJest(run, jestArgs, stop) {
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const output = join(run.reports, 'jest.json');
  const own = ['--json', `--outputFile=${output}`, ...run.jestArgs, ...jestArgs];
  const [program, ...args] = [...run.before, process.execPath, jest, ...own];
  const child = spawn(program, args, {
    ...run.user,
    cwd: ROOT,
    env: {...run.env, TMPDIR: run.temporary},
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const end = () => signalGroup(child, 'SIGTERM');
  stop.addEventListener('abort', end);
  const [code] = await once(child, 'exit');
  stop.removeEventListener('abort', end);
  if (await endGroup(child)) run.notes.push('processes were still running, and were killed');
  return jestCounts(code, existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined);
}

function noteLeftovers({temporary, notes}) {
  const left = readdirSync(temporary).filter(name => !KEPT.test(name));
  if (left.length > 0) notes.push(`left in the folder for temporary files: ${left.slice(0, 8).join(', ')}`);
}

/**
 * One run. @returns its row of the table, or undefined if none of its variations is possible here
 */
async function tryRun(names, {jestArgs, seed, stop, impossible}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rife-odd-')));
  const run = plainRun(folder, seed);
  try {
    const applied = await apply(names, run, impossible);
    if (applied.length === 0) return undefined;
    console.log(`\n=== ${applied.join(' + ')}: ${applied.map(name => VARIATIONS[name].what).join('; ')}`);
    const started = performance.now();
    const counts = await runJest(run, jestArgs, stop);
    noteLeftovers(run);
    run.notes.forEach(note => console.log(`note: ${note}`));
    return {applied, counts, minutes: (performance.now() - started) / 60_000, notes: run.notes};
  } finally {
    for (const cleanUp of run.cleanUps.reverse()) cleanUp();
    rmSync(folder, {recursive: true, force: true, maxRetries: 5});
  }
}

/** The last lines of the output. */
export function report(rows, impossible) {
  const lines = rows.map(({applied, counts, minutes, notes}) => {
    const verdict = counts.failed > 0 ? 'FAILED' : 'ok';
    return [`${verdict}: ${applied.join(' + ')}: ${summary(counts)} (${minutes.toFixed(1)} min)`]
      .concat(notes.map(note => `    ${note}`))
      .join('\n');
  });
  for (const [name, reason] of impossible) lines.push(`not possible here: ${name}: ${reason}`);
  return lines.join('\n');
}

function optionsOf(args) {
  try {
    const {values, positionals} = parseArgs({
      args,
      allowPositionals: true,
      options: {only: {type: 'string'}, seed: {type: 'string'}, list: {type: 'boolean'}},
    });
    const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
    if (!Number.isInteger(seed)) throw new Error(`--seed is "${values.seed}", not a whole number`);
    return {...values, seed, jestArgs: positionals};
  } catch (error) {
    throw new ScriptError(error.message, 'see the head of scripts/oddMachines.mjs');
  }
}

async function main(args) {
  const {only, list, seed, jestArgs} = optionsOf(args);
  if (list) {
    for (const [name, {what}] of Object.entries(VARIATIONS)) console.log(`${name.padEnd(10)} ${what}`);
    return 0;
  }
  const stopper = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopper.abort());
  const [rows, impossible] = [[], new Map()];
  for (const names of runsOf(only)) {
    if (stopper.signal.aborted) break;
    const row = await tryRun(names, {jestArgs, seed, stop: stopper.signal, impossible});
    if (row) rows.push(row);
  }
  console.log(`\n${report(rows, impossible)}`);
  return stopper.signal.aborted ? 130 : rows.some(({counts}) => counts.failed > 0) ? 1 : 0;
}

if (isMain(import.meta.url)) await runMain(main);
