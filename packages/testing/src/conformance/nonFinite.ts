/** Checks that a NaN stays visible, and does not get into remembered state. */
import assert from 'node:assert/strict';
import type {Progress, Trainer} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {EARLY, LATE, type TinyRun} from '../tiny/trainTiny.js';
import {nonFinitePlace} from './differences.js';
import type {Kit} from './kit.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Entries of gradients that are not finite, after all taps. */
    'kit/nonFinite': true;
  }
}

type Change = (term: tf.Tensor1D) => tf.Tensor1D;

/**
 * Returns the value; its gradient is NaN, except where it is zero, as for a value that was not
 * selected.
 */
const withNaNGradient = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [tf.where(tf.notEqual(dy, 0), tf.fill(dy.shape, NaN), dy)],
})) as unknown as Change;

/** A loss of NaN, a loss that is 1 higher, a gradient of NaN. */
const CHANGES = {
  nan: (term => tf.fill(term.shape, NaN)) as Change,
  higher: (term => tf.add(term, 1)) as Change,
  gradient: withNaNGradient,
};

/** Only at step 1, and before the taps of any plugin. */
function changeTerm({hooks}: Trainer, name: string, change: keyof typeof CHANGES): void {
  const flag = ({step}: Progress) => (step === 1 ? 1 : 0);
  hooks.afterLoss.tap({name: 'kit', stage: EARLY}, ({terms, weights}, trace) => {
    const isOn = tf.greater(trace.scalar('kit.change', flag), 0.5);
    const term = terms[name]!;
    return {terms: {...terms, [name]: tf.where(isOn, CHANGES[change](term), term)}, weights};
  });
  hooks.onNaN.tap({name: 'kit', stage: EARLY}, () => 'skip');
}

/**
 * Fails if something that is not finite got into the weights, or the logs of a good step. The
 * trainer itself refuses such a state.
 */
function assertClean(run: TinyRun, goodSteps: readonly number[], what: string): void {
  for (const step of goodSteps) {
    const {updated, logs} = run.steps[step]!;
    assert.ok(updated, `${what}: step ${step}, which is finite, was skipped`);
    assert.equal(nonFinitePlace(logs), undefined, `${what}: logs of step ${step}, which is finite`);
  }
  for (const [name, values] of run.variables)
    if (!name.startsWith('grad/'))
      assert.ok(values.every(Number.isFinite), `${what}: variable "${name}" is not finite`);
}

const CONFIG = {steps: 3};
const runWith = (kit: Kit, term: string, change: keyof typeof CHANGES) =>
  kit.run({config: CONFIG, prepare: trainer => changeTerm(trainer, term, change)});

/** Whether a term affects the loss. A plugin may have removed it. */
async function counts(kit: Kit, term: string): Promise<boolean> {
  const [clean, higher] = [await kit.run({config: CONFIG}), await runWith(kit, term, 'higher')];
  return higher.steps[1]!.loss !== clean.steps[1]!.loss;
}

/** Names of the network's loss terms. */
async function lossTerms(kit: Kit): Promise<string[]> {
  let names: string[] = [];
  await kit.run({
    engine: kit.parts.eager,
    config: {steps: 1},
    prepare: ({hooks}) =>
      hooks.afterLoss.tap({name: 'kit', stage: EARLY}, loss => {
        names = Object.keys(loss.terms);
        return loss;
      }),
  });
  return names;
}

/**
 * Each loss term is made NaN in turn: if it counts, the guard must see it. The first one always
 * counts.
 */
export async function keepsNaNInLoss(kit: Kit): Promise<void> {
  const terms = await lossTerms(kit);
  const main = terms[0]!;
  for (const term of terms) {
    const spoilt = await runWith(kit, term, 'nan');
    const what = `loss term "${term}" is NaN`;
    const {updated, loss} = spoilt.steps[1]!;
    const isSeen = Number.isNaN(loss) && !updated;
    if (!isSeen && term !== main && !(await counts(kit, term))) continue;
    assert.ok(isSeen, `${what}, but the step has loss ${loss}, updated: ${updated}`);
    assertClean(spoilt, [0, 2], what);
  }
  const spoilt = await runWith(kit, main, 'gradient');
  const {updated, gradNorm} = spoilt.steps[1]!;
  assert.ok(Number.isNaN(gradNorm) && !updated, `a gradient is NaN, but the norm is ${gradNorm}`);
  assertClean(spoilt, [0, 2], 'a gradient is NaN');
}

const BAD: Readonly<Record<number, number>> = {1: NaN, 3: Infinity};

/**
 * Puts NaN, and two steps later Infinity, into one gradient before the taps of any plugin. After
 * them it counts what is not finite, and then restores the gradients so that the run continues.
 */
function changeGradient({hooks}: Trainer): void {
  const flagOf = (value: number) => {
    const flag = ({step}: Progress) => (Object.is(BAD[step], value) ? 1 : 0);
    return flag;
  };
  const flags = Object.values(BAD).map(value => [value, flagOf(value)] as const);
  let given: Record<string, tf.Tensor> = {};
  hooks.gradients.tap({name: 'kit', stage: EARLY}, (gradients, trace) => {
    given = gradients;
    const [name, gradient] = Object.entries(gradients)[0]!;
    const spoilt = flags.reduce((now, [value, flag], i) => {
      const isOn = tf.greater(trace.scalar(`kit.gradient${i}`, flag), 0.5);
      return tf.where(isOn, tf.fill(now.shape, value), now);
    }, gradient);
    return {...gradients, [name]: spoilt};
  });
  hooks.gradients.tap({name: 'kit', stage: LATE}, (gradients, trace) => {
    const isBad = (gradient: tf.Tensor) =>
      tf.sum<tf.Scalar>(tf.cast(tf.logicalNot(tf.isFinite(gradient)), 'float32'));
    const count = tf.addN(Object.values(gradients).map(isBad));
    trace.log('kit/nonFinite', count);
    const isSpoilt = flags
      .map(([, flag], i) => tf.greater(trace.scalar(`kit.gradient${i}`, flag), 0.5))
      .reduce((a, b) => tf.logicalOr(a, b));
    const restored = Object.entries(gradients).map(
      ([name, gradient]) => [name, tf.where(isSpoilt, given[name]!, gradient)] as const,
    );
    return Object.fromEntries(restored);
  });
}

/**
 * A gradient that another plugin's tap made NaN or infinite must not look finite after this one.
 */
export async function keepsNaNInGradients(kit: Kit): Promise<void> {
  const run = await kit.run({config: {steps: 5}, prepare: changeGradient});
  for (const {progress, logs} of run.steps) {
    const value = BAD[progress.step];
    const count = logs['kit/nonFinite']!;
    if (value === undefined) assert.equal(count, 0, `gradients of step ${progress.step} that are not finite`);
    else assert.ok(count > 0, `a gradient with ${value} came out as finite numbers`);
  }
  assertClean(run, [0, 2, 4], 'gradients are not finite in other steps');
}
