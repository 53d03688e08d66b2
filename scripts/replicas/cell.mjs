/**
 * One cell of the matrix: injects a fault into one replica of a run, and judges the result of all.
 */
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {folder, unreadable} from '../faults/world.mjs';
import {SLOWNESS} from '../slowness.mjs';
import {KINDS} from './kinds.mjs';

const STEPS = 8;
export const CONFIG = {steps: STEPS, saveEvery: 2, keep: 9, hookTimeout: 0, examine: false};
/** Seconds, for replicas that do not hang: far longer than they need on a busy machine. */
const TIMEOUT = 120;
/** For replicas that hang, and are waited for: longer than one replica may start after another. */
const STUCK_TIMEOUT = 6 * SLOWNESS;

let runs = 0;

/**
 * Launches replicas in a process of its own. @returns its report, and those of its processes that
 * still exist
 */
export async function launch({launcher, count, payload, signal, timeout = TIMEOUT}) {
  const mark = `${process.pid}-${runs++}`;
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('launch.mjs', import.meta.url)),
      JSON.stringify({launcher, count, payload: {config: CONFIG, ...payload}, timeout}),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env, RIFE_REPLICAS_RUN: mark},
    },
  );
  let [text, sent] = ['', false];
  child.stderr.on('data', chunk => (text += chunk));
  child.stdout.on('data', chunk => {
    text += chunk;
    if (!signal || sent || !/^step 2$/m.test(text)) return;
    sent = true;
    child.kill(signal);
  });
  const by = await new Promise(resolve => child.on('exit', (_code, killed) => resolve(killed)));
  const left = await leftOf(mark);
  const last = text
    .trim()
    .split('\n')
    .filter(line => line.startsWith('{'))
    .at(-1);
  return {text, by, sent, left, ...(last && JSON.parse(last))};
}

/** Running processes of a run, found by a mark in their environment. */
function processesOf(mark) {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`RIFE_REPLICAS_RUN=${mark}\0`);
      } catch {
        return false;
      }
    });
}

/** Those that still exist a while after the end: a replica in a native call ends after it. */
async function leftOf(mark) {
  for (let waited = 0; waited < 300; waited++) {
    if (processesOf(mark).length === 0) return [];
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  const left = processesOf(mark);
  for (const pid of left) process.kill(Number(pid), 'SIGKILL');
  return left;
}

const whole = new Map();
/**
 * Checksum of the undisturbed run; one for each launcher, whose replicas have other numbers of
 * threads.
 */
async function undisturbed(launcher, count) {
  const key = `${launcher} ${count}`;
  if (!whole.has(key)) {
    const out = folder();
    const {results, error, text} = await launch({launcher, count, payload: {out}});
    rmSync(out, {recursive: true, force: true});
    if (!results) throw new Error(`the undisturbed run failed: ${error?.stack ?? text}`);
    whole.set(key, results[0].checksum);
  }
  return whole.get(key);
}

const areEqual = values => values.every(value => value === values[0]);

/** Problems of a run with a fault; none if all is well. */
function problemsOf(run, {kind, rank}) {
  const {code, named, recovers, signal} = KINDS[kind];
  const {error, results, done = [], skipped, by, left} = run;
  const problems = left.length > 0 ? [`processes still running: ${left.join(', ')}`] : [];
  if (signal && !run.sent) return [...problems, `the signal was not sent: ${run.text.slice(-500)}`];
  if (signal === 'SIGKILL') return by === 'SIGKILL' ? problems : [...problems, `it ended by ${by}`];
  const survivors = done.filter((_, other) => other !== rank || recovers || signal);
  if (!areEqual(survivors)) problems.push(`replicas stopped at different steps: ${done.join(', ')}`);
  if (recovers || signal) {
    if (!results) return [...problems, `it failed: ${error?.stack ?? run.text}`];
    if (!areEqual(results.map(({checksum}) => checksum))) problems.push('replicas have different weights');
    const reason = signal ? 'interrupted' : 'finished';
    if (results.some(({summary}) => summary.reason !== reason)) problems.push(`it was not ${reason}`);
    if (recovers && !skipped.every(steps => steps.length === 1 && steps[0] === skipped[0][0]))
      problems.push(`steps left out: ${JSON.stringify(skipped)}`);
    return problems;
  }
  if (!error) return [...problems, 'it did not fail'];
  if (code && error.code !== code) problems.push(`its code is ${error.code}: ${error.message}`);
  if (!named(rank).test(error.message)) problems.push(`the replica is not named: ${error.message}`);
  return problems;
}

/** Resumes the run. @returns its problems */
async function goOn(out, launcher, count, others) {
  const problems = [];
  const {results, error, text} = await launch({launcher, count: others, payload: {out, resume: true}});
  if (!results) return [`it can't be resumed on ${others}: ${error?.stack ?? text}`];
  if (results[0].summary.reason !== 'finished') problems.push('resumed, it did not finish');
  const state = JSON.parse(readFileSync(join(out, 'checkpoints/step-00000008/state.json'), 'utf8'));
  const {perBatch, origin} = state.sharding;
  const samples = origin.sample + (state.dataIndex - origin.batch) * perBatch;
  const expected = origin.batch * 2 * count + (STEPS - origin.batch) * 2 * others;
  if (samples !== expected) problems.push(`${samples} samples were counted, not ${expected}`);
  if (others === count && results[0].checksum !== (await undisturbed(launcher, count)))
    problems.push('resumed, its bits differ');
  return problems;
}

/**
 * @param cell {kind, launcher, rank, step, count, others}: `others` is the number of replicas that
 *   resume it
 * @returns {Promise<string[]>} what went wrong
 */
export async function judge(cell) {
  const {kind, launcher, rank, step, count, others} = cell;
  const {signal, fault = kind, recovers} = KINDS[kind];
  const out = folder();
  try {
    const payload = {out, fault: {kind: fault, rank: signal ? undefined : rank, step}};
    const timeout = /waits|spins/.test(kind) ? STUCK_TIMEOUT : TIMEOUT;
    const run = await launch({launcher, count, payload, signal, timeout});
    const problems = [...problemsOf(run, cell), ...unreadable(out)];
    if (recovers) return problems;
    return [...problems, ...(await goOn(out, launcher, count, others)), ...unreadable(out)];
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}
