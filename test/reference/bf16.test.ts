/** Training with `precision: 'bf16'`: resumed to the bit, guarded, examined, captured as eager. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Batch, StepMetrics} from '@rife-train/core';
import {openReference, relative, type ReferenceOptions} from './support.js';

const STEPS = 4;
const OPTIONS: ReferenceOptions = {
  facts: {n: 1, h: 64, w: 64, timestep: 0.5},
  model: {widths: [16, 12, 8]},
  execution: 'captured',
  steps: STEPS,
  optim: {learningRate: 1e-3, finalLearningRate: 1e-3},
  precision: 'bf16',
};

/** Weights and moments of a checkpoint. */
const tensorsOf = (out: string, step: number) =>
  ['weights', 'optimizer'].map(name =>
    readFileSync(join(out, `checkpoints/step-${String(step).padStart(8, '0')}/${name}.safetensors`)).toString(
      'hex',
    ),
  );

/** Trains, and stops after so many steps. */
async function train(options: Partial<ReferenceOptions> = {}, stop = STEPS) {
  const lines: string[] = [];
  const opened = await openReference({...OPTIONS, line: text => lines.push(text), ...options});
  const steps: StepMetrics[] = [];
  const abort = new AbortController();
  opened.trainer.hooks.afterStep.tap('test', metrics => {
    steps.push(metrics);
    if (steps.length === stop) abort.abort();
  });
  await opened.trainer.run({signal: abort.signal});
  return {...opened, steps, lines};
}

test('a resumed run has the bits of one that was not stopped; another precision is warned of', async () => {
  const whole = await train();
  const stopped = await train({}, 2);
  const resumed = await train({resume: stopped.out});
  expect(resumed.steps.map(({progress}) => progress.step)).toEqual([2, 3]);
  expect(resumed.lines.filter(line => line.includes('precision:'))).toEqual([]);
  expect(tensorsOf(resumed.out, STEPS)).toEqual(tensorsOf(whole.out, STEPS));

  const plain = await train({precision: 'fp32'});
  expect(plain.steps[0]!.loss).not.toBe(whole.steps[0]!.loss);
  // bfloat16 has eight bits.
  expect(relative(whole.steps[0]!.loss, plain.steps[0]!.loss)).toBeLessThan(2 ** -8);
  expect(tensorsOf(plain.out, STEPS)).not.toEqual(tensorsOf(whole.out, STEPS));

  const other = await train({precision: 'fp32', resume: whole.out, steps: STEPS + 1});
  expect(other.lines).toContainEqual(expect.stringContaining('precision: "bf16" -> "fp32"'));
  [whole, stopped, plain].forEach(({close}) => close());
});

test('captured and eager agree; the log says that it is bf16', async () => {
  const [captured, eager] = [await train({}, 1), await train({execution: 'eager'}, 1)];
  const [a, b] = [captured.steps[0]!, eager.steps[0]!];
  expect(relative(a.loss, b.loss)).toBeLessThan(1e-3);
  expect(relative(a.gradNorm, b.gradNorm)).toBeLessThan(1e-2);
  expect(captured.lines).toContainEqual(expect.stringContaining('(captured, bf16)'));
  expect(eager.lines).toContainEqual(expect.stringContaining('(eager, bf16)'));
  [captured, eager].forEach(({close}) => close());
});

test('a gradient that is not finite is refused, and examined in bf16', async () => {
  const gaps = (batch: Batch) => (batch.index === 1 ? {...batch, timestep: Float32Array.of(NaN)} : batch);
  const model = {name: 'IFNet_m', widths: [16, 12, 8]};
  const run = await train({model, change: gaps});
  expect(run.steps.map(({updated}) => updated)).toEqual([true, false, true, true]);
  expect(run.lines.join('\n')).toMatch(/not finite/);
  const [record] = readdirSync(join(run.out, 'flight'));
  expect(readFileSync(join(run.out, 'flight', record!, 'record.json'), 'utf8')).toContain('"bf16"');
  run.close();
});
