/** Checks of applying, predicting and rejecting. */
import assert from 'node:assert/strict';
import {
  averageOf,
  isRifeError,
  openPredictor,
  type Engine,
  type Model,
  type RifePlugin,
  type Trainer,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {fixtureFrame} from '../fixtureInputs.js';
import {firstDifference} from './differences.js';
import {assertSameRun, assertTrained, type Kit} from './kit.js';

/**
 * Creating a plugin must have no effect: no tensor, no timer, and the runs of others stay
 * unchanged.
 */
export async function doesNothingUntilApplied(kit: Kit): Promise<void> {
  const before = await kit.run({plugins: [], config: {steps: 2}});
  const tensors = tf.memory().numTensors;
  const resources = process.getActiveResourcesInfo().length;
  kit.make();
  assert.equal(tf.memory().numTensors, tensors, 'tensors');
  assert.equal(process.getActiveResourcesInfo().length, resources, 'timers and other resources');
  assertSameRun(await kit.run({plugins: [], config: {steps: 2}}), before, 'a run without it');
}

/** One plugin object in two trainers, one after the other and at the same time. */
export async function appliesTwice(kit: Kit): Promise<void> {
  const plugins = kit.make();
  const alone = await kit.run({plugins});
  assertSameRun(await kit.run({plugins}), alone, 'the second use of a plugin object');
  const both = await Promise.all([kit.run({plugins}), kit.run({plugins})]);
  both.forEach(run => assertSameRun(run, alone, 'one plugin object in two trainers at a time'));
}

/** [H,W,6] of a scene at the times 0 and 1. */
function pairOf(scene: number, side: number) {
  const frames = [0, 1].map(time => {
    const planes = fixtureFrame(scene, side, side, time);
    return Uint8Array.from(planes, (_, i) => planes[(i % 3) * side * side + Math.floor(i / 3)]!);
  });
  const images = Uint8Array.from({length: side * side * 6}, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 6), i % 6];
    return frames[channel < 3 ? 0 : 1]![pixel * 3 + (channel % 3)]!;
  });
  return {frames: frames.map(data => ({data, height: side, width: side})), images};
}

/** The first tensor that one network has and the other lacks. */
function weightsDifference(a: Model, b: Model): string | undefined {
  const [left, right] = [a, b].map(({parameters, buffers = []}) =>
    [...parameters, ...buffers].map(({name, shape}) => `${name} [${shape.join()}]`),
  ) as [string[], string[]];
  return left.find(tensor => !right.includes(tensor)) ?? right.find(tensor => !left.includes(tensor));
}

/** The weights that predictions read: averages where the run keeps them. */
const predicted = (variables: ReadonlyMap<string, Float32Array>) =>
  new Map([...variables].map(([name, values]) => [name, variables.get(averageOf(name)) ?? values]));

/**
 * After two steps the network's predictions must equal those without the plugins, unless a plugin
 * declares a change.
 */
export async function predictsTheSame(kit: Kit): Promise<void> {
  const plugins = kit.make();
  const isFree = plugins.some(({changesPrediction}) => changesPrediction);
  const {eager} = kit.parts;
  const model = kit.plainModel();
  const side = Math.max(32, model.cropMultiple);
  const {frames, images} = pairOf(2, side);
  const got: Record<string, unknown> = {};
  const prepare = (trainer: Trainer) =>
    trainer.hooks.done.tapPromise('kit', async () => {
      const request = {images, gap: Float32Array.of(1), timestep: Float32Array.of(0.5)};
      const prediction = await trainer.predict({...request, shape: [1, side, side]});
      for (const [name, {values}] of Object.entries(prediction)) got[name] = values;
    });
  const run = await kit.run({plugins, config: {steps: 2}, prepare});
  assertTrained(run, 2);
  for (const [name, values] of Object.entries(got))
    assert.ok((values as Float32Array).every(Number.isFinite), `${name} of a prediction is not finite`);
  if (isFree) return;
  const difference = weightsDifference(run.model, model);
  assert.ok(difference === undefined, `the network differs: ${difference}; say changesPrediction`);
  const predictor = openPredictor({engine: eager, model, weights: predicted(run.variables)});
  const {refined, flow, mask} = await predictor.predict(frames[0]!, frames[1]!, 0.5, {details: true});
  await predictor.close();
  const changed = firstDifference(got, {refined, flow, mask});
  assert.ok(changed === undefined, `a prediction differs: ${changed}; say changesPrediction`);
}

/**
 * Trains beside other plugins: captured if before them in the configuration, op by op if after
 * them, which is faster here.
 */
export async function worksWith(kit: Kit, others: () => readonly RifePlugin[]): Promise<void> {
  const run = (engine: Engine, plugins: readonly RifePlugin[]) =>
    kit.run({engine, config: {steps: 2}, plugins});
  assertTrained(await run(kit.real, [...kit.make(), ...others()]), 2);
  assertTrained(await run(kit.parts.eager, [...others(), ...kit.make()]), 2);
}

/** What a plugin throws when it can't be applied to a network. */
const REFUSALS: readonly string[] = ['RIFE_ERR_PLUGIN_OPTION', 'RIFE_ERR_PLUGIN_LOSS_TERM'];

/** Why a plugin refuses to train the kit's network even alone; undefined if it trains. */
export async function refusalOf(kit: Kit, plugin: RifePlugin): Promise<string | undefined> {
  try {
    await kit.run({engine: kit.parts.eager, config: {steps: 1}, plugins: [plugin]});
    return undefined;
  } catch (error) {
    if (isRifeError(error) && error.plugin === plugin.name && REFUSALS.includes(error.code))
      return error.message;
    throw error;
  }
}

/** A typing error in an option must be found and named. */
export function refusesUnknownOptions(factory: (options: never) => RifePlugin): void {
  const unknown = {noSuchOption: 1};
  let refusal: unknown;
  try {
    factory(unknown as never);
  } catch (error) {
    refusal = error;
  }
  assert.ok(isRifeError(refusal), `an unknown option gave ${String(refusal)}`);
  assert.equal(refusal.code, 'RIFE_ERR_PLUGIN_OPTION');
  assert.match(refusal.message, /noSuchOption/);
}
