/** Checks of checkpoints. */
import assert from 'node:assert/strict';
import type {Engine, Trainer} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {EARLY, inFolder} from '../tiny/trainTiny.js';
import {exactly, firstDifference, withoutTimes} from './differences.js';
import {assertSameRun, type Kit} from './kit.js';

const STEPS = 5;

async function assertResumes(kit: Kit, engine: Engine, stops: readonly number[], microSteps: number) {
  const config = {steps: STEPS, optim: {microSteps}};
  const whole = await kit.run({engine, config});
  for (const stopAfter of stops)
    await inFolder(async out => {
      await kit.run({engine, config, out, stopAfter});
      const rest = await kit.run({engine, config, out, resume: true});
      assertSameRun(rest, whole, `interrupted after ${stopAfter} steps and resumed`, stopAfter);
    });
}

/**
 * Interrupted after one step, after all but one, and half-way through a captured run of
 * micro-steps; resumed by new plugins.
 */
export async function resumesExactly(kit: Kit): Promise<void> {
  const {eager, captured} = kit.parts;
  // Op by op each micro-step costs as much as a step.
  await assertResumes(kit, eager, [1, STEPS - 1], captured ? 1 : 2);
  if (captured) await assertResumes(kit, captured, [3], 2);
}

/** Makes one step's loss NaN once, if requested; otherwise the graph is the same. */
function spoil({hooks}: Trainer, step: number): void {
  let isArmed = true;
  const flag = ({step: now}: {step: number}) => (isArmed && now === step ? 1 : 0);
  hooks.afterLoss.tap({name: 'kit', stage: EARLY}, ({terms, weights}, trace) => {
    const isOn = tf.greater(trace.scalar('kit.spoil', flag), 0.5);
    const [[name, term]] = Object.entries(terms) as [[string, tf.Tensor1D]];
    return {terms: {...terms, [name]: tf.where(isOn, tf.fill(term.shape, NaN), term)}, weights};
  });
  hooks.onNaN.tap({name: 'kit', stage: EARLY}, () => {
    isArmed = false;
    return 'rollback';
  });
}

/**
 * A run that is rolled back from step 3 to the checkpoint of step 2 continues as one that was
 * interrupted at step 2 and got the same batches after it: nothing in between is remembered.
 */
export async function rollbackRestores(kit: Kit): Promise<void> {
  const config = {steps: STEPS, saveEvery: 2};
  const rolledBack = await kit.run({config, prepare: trainer => spoil(trainer, 3)});
  assert.deepEqual(
    rolledBack.steps.map(({progress}) => progress.step),
    [0, 1, 2, 3, 2, 3, 4],
    'steps of a run that is rolled back at step 3',
  );
  await inFolder(async out => {
    const prepare = (trainer: Trainer) => spoil(trainer, -1);
    await kit.run({config, out, stopAfter: 2, prepare});
    // Data continues after the batch that failed: 4 follows 1.
    const resumed = await kit.run({config, out, resume: true, shift: {from: 2, by: 2}, prepare});
    const difference =
      firstDifference(
        withoutTimes(rolledBack.steps.slice(4)),
        withoutTimes(resumed.steps),
        exactly,
        'steps',
      ) ??
      firstDifference(Object.fromEntries(rolledBack.variables), Object.fromEntries(resumed.variables)) ??
      firstDifference(rolledBack.saved, resumed.saved, exactly, 'saved state');
    assert.ok(difference === undefined, `after a rollback, against a fresh start from there: ${difference}`);
  });
}
