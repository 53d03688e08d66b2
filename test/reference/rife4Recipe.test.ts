/**
 * RIFE 4.x with what its author's training draws for each step: scales of the blocks and the time
 * that they get. Captured as op by op, resumed, and replayed from a flight record.
 */
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {definePlugin, readRecord, replay, type ModelOptions, type StepMetrics} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {tinyConfig, trainTiny, type TinyRunOptions} from '@rife-train/testing';

const LIST = '4-2-2-1';
const MODEL: ModelOptions = {
  name: 'RIFE4',
  version: '4.0',
  scales: [],
  widths: [8, 6, 4, 4],
  scaleLists: [{scales: [4, 2, 2, 1], share: 0.5}],
  timeCalibration: {share: 0.5},
};
const STEPS = 5;
const RESUMED_AT = 3;
const CONFIG = {steps: STEPS, data: {crop: 64, batch: 1}, model: MODEL};

const folder = mkdtempSync(join(tmpdir(), 'rife-recipe-'));
afterAll(() => rmSync(folder, {recursive: true}));

const train = async (execution: 'captured' | 'eager', more: Partial<TinyRunOptions> = {}) =>
  trainTiny({engine: await createEngine({execution}), networks: NETWORKS, config: CONFIG, ...more});
const numbersOf = (steps: readonly StepMetrics[]) =>
  steps.map(({loss, gradNorm, terms, variant}) => ({loss, gradNorm, terms, variant}));

let whole: Awaited<ReturnType<typeof trainTiny>>;
beforeAll(async () => {
  whole = await train('captured');
});

test('every list is trained, and captured steps are those op by op', async () => {
  const names = whole.steps.map(({variant}) => variant);
  expect([...new Set(names)].sort()).toEqual([LIST, '8-4-2-1']);
  const eager = await train('eager');
  expect(eager.steps.map(({variant}) => variant)).toEqual(names);
  eager.steps.forEach(({loss, terms}, i) => {
    expect(Math.abs(loss / whole.steps[i]!.loss - 1)).toBeLessThan(1e-4);
    expect(Math.abs(terms['time']! - whole.steps[i]!.terms['time']!)).toBeLessThan(1e-4);
  });
});

test('a resumed run has the same bits', async () => {
  const out = join(folder, 'resumed');
  const first = await train('captured', {out, stopAfter: RESUMED_AT});
  const second = await train('captured', {out, resume: true});
  expect(numbersOf([...first.steps, ...second.steps])).toEqual(numbersOf(whole.steps));
  for (const [name, values] of whole.variables)
    expect(Buffer.compare(Buffer.from(second.variables.get(name)!.buffer), Buffer.from(values.buffer))).toBe(
      0,
    );
});

/** Stops at the first step of the list; its flight record is of a finite step. */
const stop = definePlugin({
  name: 'test:stop',
  apply: ({hooks}) =>
    hooks.beforeUpdate.tap('test', ({variant}) => (variant === LIST ? {stop: 'to look'} : undefined)),
});

test('the flight record of a step with the list replays to the bit', async () => {
  const out = join(folder, 'record');
  await train('captured', {out, plugins: [stop]}).catch(() => {});
  const [name] = readdirSync(join(out, 'flight'));
  const loaded = await readRecord(join(out, 'flight', name!));
  expect(loaded.record).toMatchObject({variant: LIST, kind: 'stopped'});
  expect(loaded.record.scalars).toHaveProperty(['step.uniform']);
  const engine = await createEngine({execution: 'captured'});
  const config = {...tinyConfig(CONFIG, out), plugins: [stop]};
  const again = await replay({loaded, config, engine, networks: NETWORKS});
  expect(again.differences).toEqual([]);
  expect(again.isSame).toBe(true);
});
