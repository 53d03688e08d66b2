/**
 * AdamW steps of the whole trainer with narrow networks of RIFE 4.0 and 4.25, captured and eager,
 * against a PyTorch twin in float64 (bench/twin/rife4_fixtures.py). docs/exactness.md
 * explains the bounds.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Batch, StepMetrics} from '@rife-train/core';
import {fixtureWeights, normOf, outside, sampledIndices} from '@rife-train/testing';
import {openReference, relative, type BatchFacts} from './support.js';

// Copied from the global object once: in jest's sandbox each look-up there costs more than the
// arithmetic.
const {abs, max, sqrt} = Math;

interface Recorded extends BatchFacts {
  widths: number[];
  lr: number;
  weight_decay: number;
  betas: [number, number];
  eps: number;
  /** Of the first step. */
  terms: Record<string, number>;
  losses: number[];
  /** After so many steps, by name: norm, mean of |x|, and the first of the sampled entries. */
  parameters: Record<string, Record<string, [number, number, ...number[]]>>;
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/train_rife4.json'), 'utf8')) as Record<
  string,
  Recorded
>;

/** The twin sees the channels as they come; ours takes them as BGR and reverses them. */
function reversed(batch: Batch): Batch {
  const {images} = batch;
  return {...batch, images: images.map((_, i) => images[i + 2 - 2 * (i % 3)]!)};
}

type Weights = ReadonlyMap<string, Float32Array>;

async function train(version: string, recorded: Recorded, execution: 'captured' | 'eager') {
  const {widths, losses, lr, weight_decay: weightDecay, betas, eps: epsilon} = recorded;
  const optim = {learningRate: lr, finalLearningRate: lr, weightDecay, betas, epsilon};
  const model = {name: 'RIFE4', version, scales: [], widths};
  const options = {facts: recorded, model, execution, steps: losses.length, optim, change: reversed};
  const opened = await openReference(options);
  const steps: StepMetrics[] = [];
  const parameters = new Map<string, Weights>();
  opened.trainer.hooks.afterStep.tapPromise('test', async metrics => {
    steps.push(metrics);
    const done = String(steps.length);
    if (done in recorded.parameters) parameters.set(done, await opened.read('', opened.model.parameters));
  });
  await opened.trainer.run().finally(opened.close);
  return {steps, parameters, start: fixtureWeights(opened.model)};
}

function parametersOutside(got: Weights, start: Weights, exact: Recorded['parameters'][string]): string[] {
  const [error, moved] = [[], []] as [number[], number[]];
  const wrong = Object.entries(exact).flatMap(([name, [norm, meanAbs, ...entries]]) => {
    const values = got.get(name)!;
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += abs(values[i]!);
    const weight = sqrt(values.length / entries.length);
    entries.forEach((entry, j) => {
      const at = sampledIndices(name, values.length)[j]!;
      error.push(weight * (values[at]! - entry));
      moved.push(weight * (entry - start.get(name)![at]!));
    });
    const worst = max(relative(normOf(values), norm), relative(sum / values.length, meanAbs));
    return outside('RIFE 4.x training: parameters', worst, name);
  });
  return [...wrong, ...outside('RIFE 4.x training: update error', normOf(error) / normOf(moved))];
}

/** Op by op, the five blocks of 4.25 take long: five steps. */
const CASES = [
  ['4.0', 'captured', 20],
  ['4.0', 'eager', 20],
  ['4.25', 'captured', 20],
  ['4.25', 'eager', 5],
] as const;

test.each(CASES)('%s, %s, %i steps', async (version, execution, count) => {
  const all = RECORDED[version]!;
  const recorded = {...all, losses: all.losses.slice(0, count)};
  const {steps, parameters, start} = await train(version, recorded, execution);
  const {total, ...terms} = recorded.terms;
  const first: Record<string, number> = {...steps[0]!.terms, total: steps[0]!.loss};
  const wrong = Object.entries({...terms, total: total!}).flatMap(([name, value]) =>
    outside('RIFE 4.x: loss terms', relative(first[name]!, value), name),
  );
  const errors = steps.map(({loss}, i) => relative(loss, recorded.losses[i]!));
  expect(errors).toHaveLength(count);
  wrong.push(...outside('RIFE 4.x training: first four losses', max(...errors.slice(0, 4)), version));
  wrong.push(...outside('RIFE 4.x training: twenty losses', max(...errors), version));
  for (const [done, values] of parameters)
    wrong.push(...parametersOutside(values, start, recorded.parameters[done]!));
  expect([...parameters.keys()]).toEqual(count === 20 ? ['1', '20'] : ['1']);
  expect(wrong).toEqual([]);
});
