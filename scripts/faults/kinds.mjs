/**
 * Kinds of faults. Each gets a random source and a folder, trains with the fault, and returns {run,
 * named, resume}. `named` is what the log, the error or metrics.jsonl must show. `resume: true`
 * means that the run stops and must be resumed to the bits of the undisturbed one; `same: true`
 * that it must end with those bits by itself. `missed` is why the fault was not injected, if so.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeOperations} from './operations.mjs';
import {plugin, STEPS, train, undisturbed} from './world.mjs';
import {dataKinds} from './dataKinds.mjs';
import {processKinds} from './processKinds.mjs';

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
/** A call of a hook that really occurs: a run saves at its beginning, and at every second step. */
const callOf = (hook, random) => (hook === 'save' ? 1 + random.below(STEPS / 2) : stepFor(random));
/** A step that is not the first, so that there is something to lose. */
const stepFor = random => 1 + random.below(STEPS - 1);
/** A declared scalar must be finite: a NaN is chosen in the graph. */
const chosen = (trace, name, at, bad, value) =>
  tf.where(tf.greater(trace.scalar(name, at), 0.5), tf.fill(value.shape, bad), value);

async function inputNotFinite(random, out) {
  const [step, bad] = [stepFor(random), random.pick(NON_FINITE)];
  const at = once(step, 0, 1);
  // Simulates a broken source: the timestep reaches the loss through the network's tap.
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

/** After the guard: the update makes the weights not finite. */
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
    run: await train(out, {plugins: [harm], config: {hookTimeout: 0.3}}),
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

/** The disk fails at a random operation after the beginning of a step, or stays full for good. */
async function noSpace(random, out) {
  const {operations, operationsUntil} = await undisturbed();
  const [step, forGood] = [stepFor(random), random.next() < 0.3];
  const after = random.below(operations - operationsUntil[step]);
  let [armed, count] = [false, 0];
  const restore = beforeOperations(() => {
    if (armed && (count++ === after || (forGood && count > after))) throw full();
  });
  const harm = plugin('disk', ({hooks}) =>
    hooks.beforeStep.tap('x', ({progress}) => void (armed ||= progress.step === step)),
  );
  const run = await train(out, {plugins: [harm]});
  restore();
  return {
    run,
    named: run.error ? /RIFE_ERR_CHECKPOINT_WRITE.*ENOSPC/s : /ENOSPC/,
    ...(run.error ? {resume: true} : {same: true}),
    missed: count > after ? undefined : `${count} operations, none after number ${after}`,
  };
}

async function clock(random, out) {
  const now = Date.now;
  const jumps = [-3650, -1, 1, 3650].map(days => days * 86_400_000);
  let jumped = 0;
  const harm = plugin('clock', ({hooks}) =>
    hooks.beforeStep.tap('x', () => {
      const jump = random.pick(jumps);
      const before = Date.now();
      Date.now = () => now() + jump;
      jumped += Math.abs(Date.now() - before) > 3_600_000 ? 1 : 0;
    }),
  );
  const run = await train(out, {plugins: [harm]});
  Date.now = now;
  // There is nothing to name.
  return {run, named: /./, same: true, missed: jumped > 0 ? undefined : 'the clock has not jumped'};
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
  ...processKinds,
};
