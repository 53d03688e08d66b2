/** Checks of plain training. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import {LATE, type TinyRun} from '../tiny/trainTiny.js';
import {closely, firstDifference, withoutTimes} from './differences.js';
import {assertSameRun, assertTrained, type Kit, type KitRunOptions} from './kit.js';

/** Fails if a step or the whole run leaked tensors. */
async function assertNoLeak(kit: Kit, options: KitRunOptions): Promise<void> {
  const counts: number[] = [];
  const before = tf.memory().numTensors;
  await kit.run({
    ...options,
    config: {steps: 6, saveEvery: 2},
    prepare: ({hooks}) =>
      hooks.afterStep.tap({name: 'kit', stage: LATE}, () => void counts.push(tf.memory().numTensors)),
  });
  const later = counts.slice(2);
  assert.ok(
    later.every(count => count === later[0]),
    `tensors left by each step: ${counts.join(', ')}`,
  );
  assert.equal(tf.memory().numTensors, before, 'tensors left by the run');
}

/** Neither captured nor op by op, neither per step nor per run. */
export async function leaksNothing(kit: Kit): Promise<void> {
  await kit.run({config: {steps: 1}}); // created once per process
  for (const engine of [kit.parts.eager, kit.parts.captured]) if (engine) await assertNoLeak(kit, {engine});
}

export async function trainsTwoSteps(kit: Kit): Promise<void> {
  const run = await kit.run({engine: kit.real, config: {steps: 2}});
  assertTrained(run, 2);
}

/** |a - b| / |a - start| over all parameters as one vector. */
function updateError(a: TinyRun, b: TinyRun, seed: number): number {
  const start = a.model.initialize(seed);
  let [error, moved] = [0, 0];
  for (const {name} of a.model.parameters) {
    const [left, right, fresh] = [a.variables.get(name)!, b.variables.get(name)!, start.get(name)!];
    left.forEach((value, i) => {
      error += (value - right[i]!) ** 2;
      moved += (value - fresh[i]!) ** 2;
    });
  }
  return Math.sqrt(error / moved);
}

/**
 * A value that is read during capture, instead of a declared scalar, never changes afterwards: this
 * check finds it.
 */
export async function capturedEqualsEager(kit: Kit): Promise<void> {
  const {captured, eager} = kit.parts;
  const seed = 7;
  const run = (engine: typeof captured) => kit.run({engine: engine!, config: {steps: 4, seed}});
  const [inGraph, opByOp] = [await run(captured), await run(eager)];
  const difference = firstDifference(
    withoutTimes(inGraph.steps),
    withoutTimes(opByOp.steps),
    closely,
    'captured: steps',
  );
  assert.ok(difference === undefined, difference);
  const error = updateError(inGraph, opByOp, seed);
  assert.ok(error < 0.05, `captured: the parameters moved elsewhere, by ${error} of the way`);
}

/** Two runs with new plugins have the same bits. */
export async function isDeterministic(kit: Kit): Promise<void> {
  assertSameRun(await kit.run(), await kit.run(), 'the second run differs');
}
