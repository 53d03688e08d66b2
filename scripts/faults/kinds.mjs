/**
 * Kinds of faults. Each gets a random source and a folder, trains with the fault, and returns {run, named, resume}:
 * `named` is what the log, the error or metrics.jsonl must show; `resume: true` where the run ends and must be gone on with to the bits of the undisturbed one; `same: true` where it must
 * end with those bits by itself.
 */
import {fileURLToPath} from 'node:url';
import {spawn} from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
// eslint-disable-next-line rife/imports -- the harness lets single file operations fail; nobody else may
import {disk} from '../../packages/core/dist/checkpoint/disk.js';
import {plugin, STEPS, train} from './world.mjs';
import {dataKinds} from './dataKinds.mjs';

/** A scalar of the graph that is `bad` in one step, once, and `good` otherwise. */
function once(step, good, bad) {
  let done = false;
  return ({step: now}) => {
    if (done || now !== step) return good;
    done = true;
    return bad;
  };
}

const NON_FINITE = [NaN, Infinity, -Infinity];
const HOST_HOOKS = ['beforeStep', 'beforeUpdate', 'afterStep', 'save'];
/** A call of a hook that happens: a run saves at its beginning, and at every second step. */
const callOf = (hook, random) => (hook === 'save' ? 1 + random.below(STEPS / 2) : stepFor(random));
/** A step that is not the first, so that there is something to lose. */
const stepFor = random => 1 + random.below(STEPS - 1);
/** A declared scalar must be finite: a NaN is chosen in the graph. */
const chosen = (trace, name, at, bad, value) =>
  tf.where(tf.greater(trace.scalar(name, at), 0.5), tf.fill(value.shape, bad), value);

async function inputNotFinite(random, out) {
  const [step, bad] = [stepFor(random), random.pick(NON_FINITE)];
  const at = once(step, 0, 1);
  // What a broken source would feed: the timestep reaches the loss through the network's tap.
  const harm = plugin('input', ({hooks}) =>
    hooks.flow.tap('x', (flow, info, trace) =>
      trace.training && info.stage === 0 ? chosen(trace, 'fault.input', at, bad, flow) : flow,
    ),
  );
  return {run: await train(out, {plugins: [harm]}), named: /"updated":false/};
}

async function lossTerm(random, out) {
  const [step, bad, name] = [
    stepFor(random),
    random.pick(NON_FINITE),
    random.pick(['reconstruction', 'teacher', 'distill']),
  ];
  const at = once(step, 0, 1);
  const harm = plugin('loss', ({hooks}) =>
    hooks.afterLoss.tap('x', ({terms, weights}, trace) => ({
      terms: {...terms, [name]: chosen(trace, 'fault.loss', at, bad, terms[name])},
      weights,
    })),
  );
  return {run: await train(out, {plugins: [harm]}), named: /"updated":false/};
}

/** Behind the guard: the update makes the weights so. */
async function oneGradient(random, out) {
  const [step, bad, which] = [stepFor(random), random.pick(NON_FINITE), random.next()];
  const at = once(step, 0, 1);
  const harm = plugin('gradient', ({hooks}) =>
    hooks.gradients.tap('x', (gradients, trace) => {
      const names = Object.keys(gradients);
      const name = names[Math.floor(which * names.length)];
      return {...gradients, [name]: chosen(trace, 'fault.gradient', at, bad, gradients[name])};
    }),
  );
  return {run: await train(out, {plugins: [harm]}), named: /rolled back|not finite/};
}

async function variable(random, out) {
  const [step, bad, which] = [stepFor(random), random.pick(NON_FINITE), random.next()];
  let done = false;
  const prepare = (trainer, program) =>
    trainer.hooks.beforeStep.tapPromise('fault', async ({progress}) => {
      if (done || progress.step !== step) return;
      done = true;
      const values = [...(await program().readVariables())].filter(([name]) => !name.startsWith('grad/'));
      const [name, array] = values[Math.floor(which * values.length)];
      await program().writeVariables(new Map([[name, Float32Array.from(array).fill(bad, 0, 1)]]));
    });
  return {run: await train(out, {prepare}), named: /rolled back|not finite/};
}

async function throws(random, out) {
  const hook = random.pick(HOST_HOOKS);
  const step = callOf(hook, random);
  let calls = 0;
  const harm = plugin('throws', ({hooks}) =>
    hooks[hook].tap('x', () => {
      calls += 1;
      if (calls > step) throw new Error('a plugin broke');
    }),
  );
  return {
    run: await train(out, {plugins: [harm]}),
    named: /RIFE_ERR_PLUGIN .*fault:throws.*a plugin broke/s,
    resume: true,
  };
}

async function hangs(random, out) {
  const hook = random.pick(HOST_HOOKS);
  const step = callOf(hook, random);
  let calls = 0;
  const harm = plugin('hangs', ({hooks}) =>
    hooks[hook].tapPromise('x', () => (++calls > step ? new Promise(() => {}) : Promise.resolve())),
  );
  return {
    run: await train(out, {plugins: [harm]}),
    named: /RIFE_ERR_PLUGIN_HANGS .*fault:hangs/s,
    resume: true,
  };
}

async function returnsPromise(random, out) {
  const hook = random.pick(['flow', 'afterLoss', 'gradients', 'sampling', 'beforeUpdate']);
  const harm = plugin('promise', ({hooks}) => hooks[hook].tap('x', async value => value));
  return {
    run: await train(out, {plugins: [harm]}),
    named: /RIFE_ERR_PLUGIN_RETURN .*fault:promise.*Promise/s,
    resume: true,
  };
}

async function leaks(random, out) {
  const kept = [];
  const hook = random.pick(['beforeStep', 'afterStep']);
  const harm = plugin('leaks', ({hooks}) => hooks[hook].tap('x', () => void kept.push(tf.scalar(1))));
  const run = await train(out, {plugins: [harm], config: {steps: 24, saveEvery: 12}});
  tf.dispose(kept);
  return {run, named: /fault:leaks" leaks/};
}

const full = () => Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});

/** The disk fails in one save, at a random operation, or stays full for good. */
async function noSpace(random, out) {
  const [step, after, forGood] = [stepFor(random), random.below(25), random.next() < 0.3];
  const real = {...disk};
  let [armed, count] = [false, 0];
  for (const name of Object.keys(real))
    disk[name] = async (...args) => {
      if (armed && (count++ === after || (forGood && count > after))) throw full();
      return real[name](...args);
    };
  const harm = plugin('disk', ({hooks}) =>
    hooks.beforeStep.tap('x', ({progress}) => void (armed ||= progress.step === step)),
  );
  const run = await train(out, {plugins: [harm]});
  Object.assign(disk, real);
  const hit = count > after;
  return run.error
    ? {run, named: /RIFE_ERR_CHECKPOINT_WRITE/, resume: true}
    : {run, named: hit ? /ENOSPC|rolled back/ : /./, same: true};
}

async function clock(random, out) {
  const now = Date.now;
  const jumps = [-3650, -1, 1, 3650].map(days => days * 86_400_000);
  const harm = plugin('clock', ({hooks}) =>
    hooks.beforeStep.tap('x', () => {
      const jump = random.pick(jumps);
      Date.now = () => now() + jump;
    }),
  );
  const run = await train(out, {plugins: [harm]});
  Date.now = now;
  return {run, named: /./, same: true};
}

/** A run in a process of its own that is killed. */
function killed(out, signal, args) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('child.mjs', import.meta.url)), out, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env},
    },
  );
  let text = '';
  child.stdout.on('data', chunk => (text += chunk));
  child.stderr.on('data', chunk => (text += chunk));
  return {
    child,
    ended: new Promise(resolve => child.on('close', (code, by) => resolve({code, by, text: () => text}))),
  };
}

async function signalled(random, out, signal) {
  const {child, ended} = killed(out, signal, []);
  const delay = 40 + random.below(400);
  child.stdout.once('data', () => setTimeout(() => child.kill(signal), delay));
  const {code, by, text} = await ended;
  const run = {
    lines: text().split('\n'),
    ...(code === 0 && !text().includes('stopped') ? {finished: true} : {}),
  };
  return {run: {...run, killed: by ?? code}, named: /./, resume: true};
}

const sigkill = (random, out) => signalled(random, out, 'SIGKILL');
const sigterm = (random, out) => signalled(random, out, 'SIGTERM');

/** Killed by itself at a random operation of a checkpoint's write. */
async function killedWhileSaving(random, out) {
  const {ended} = killed(out, 'SIGKILL', [String(1 + random.below(60))]);
  const {by, text} = await ended;
  return {run: {lines: text().split('\n'), killed: by}, named: /./, resume: true};
}

export const KINDS = {
  'input not finite': inputNotFinite,
  'loss term not finite': lossTerm,
  'one gradient not finite': oneGradient,
  'a variable not finite': variable,
  'plugin throws': throws,
  'plugin hangs': hangs,
  'plugin returns a Promise': returnsPromise,
  'plugin leaks': leaks,
  'no space left': noSpace,
  'clock jumps': clock,
  ...dataKinds,
  SIGTERM: sigterm,
  SIGKILL: sigkill,
  'SIGKILL inside a save': killedWhileSaving,
};
