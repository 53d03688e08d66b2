import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {definePlugin} from '../plugins/definePlugin.js';
import type {CheckpointState} from '../checkpoint/state.js';
import {decodeSafetensors} from '@rife-train/files';
import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, metricsLines, rejection, temporaryFolder} from './helpers/harness.js';
import {runUntil, tensorsOf, withoutTimes} from './helpers/runs.js';

const CONFIG = {steps: 8, optim: {learningRate: 0.01, warmupSteps: 2, microSteps: 2}};
const poisoned = (index: number) => index === 3;

describe.each([1, 3, 4, 7])('a run that is stopped after step %i and resumed', stop => {
  test('has the same bits as one that was not', async () => {
    const whole = makeTrainer({config: CONFIG, poisoned});
    await whole.trainer.run();
    const out = temporaryFolder();
    await runUntil(stop, makeTrainer({out, config: CONFIG, poisoned}));
    const second = makeTrainer({out, config: CONFIG, poisoned, options: {resume: true}});
    expect(await second.trainer.run()).toMatchObject({step: 8, reason: 'finished'});
    expect(second.steps[0]!.progress.step).toBe(stop);
    expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
    expect(tensorsOf(out, 8)).toEqual(tensorsOf(whole.out, 8));
  });
});

test('a killed run goes on from its last checkpoint; metrics beyond it, and a torn line, are written anew', async () => {
  const whole = makeTrainer({config: CONFIG});
  await whole.trainer.run();
  const out = temporaryFolder();
  const killed = makeTrainer({out, config: CONFIG});
  killed.trainer.hooks.beforeStep.tap('kill', ({progress}) => {
    if (progress.step === 5) throw new Error('killed');
  });
  await rejection(killed.trainer.run());
  // An error saves; who is killed can't.
  rmSync(path.join(out, 'checkpoints/step-00000005'), {recursive: true});
  writeFileSync(path.join(out, 'checkpoints/latest'), 'step-00000004\n');
  expect(metricsLines(out)).toHaveLength(5);
  writeFileSync(
    path.join(out, 'metrics.jsonl'),
    `${readFileSync(path.join(out, 'metrics.jsonl'), 'utf8')}{"step":5,"lo`,
  );
  const {trainer, steps, lines} = makeTrainer({out, config: CONFIG, options: {resume: true}});
  await trainer.run();
  expect(steps[0]!.progress.step).toBe(4);
  expect(lines.some(line => line.startsWith('resumed from ') && line.endsWith('step-00000004'))).toBe(true);
  expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
  expect(tensorsOf(out, 8)).toEqual(tensorsOf(whole.out, 8));
});

test('a broken latest falls back to the one before and still ends the same', async () => {
  const whole = makeTrainer({config: CONFIG});
  await whole.trainer.run();
  const out = temporaryFolder();
  await runUntil(5, makeTrainer({out, config: CONFIG}));
  truncateSync(path.join(out, 'checkpoints/step-00000005/weights.safetensors'), 9);
  const {trainer, lines} = makeTrainer({out, config: CONFIG, options: {resume: true}});
  await trainer.run();
  expect(lines).toContainEqual(
    expect.stringMatching(/^warning: checkpoint passed over: step-00000005: weights.safetensors has 9 of/),
  );
  expect(tensorsOf(out, 8)).toEqual(tensorsOf(whole.out, 8));
});

test("plugins' state goes through a checkpoint", async () => {
  const counting = (seen: unknown[]) =>
    definePlugin({
      name: 'test:counter',
      apply({hooks}) {
        let count = 0;
        hooks.afterStep.tap('x', () => void (count += 1));
        hooks.save.tapPromise('x', async ({plugins}) => void (plugins['test:counter'] = {count}));
        hooks.load.tap('x', ({plugins, step}) => {
          ({count} = plugins['test:counter'] as {count: number});
          seen.push([step, count]);
        });
      },
    });
  const out = temporaryFolder();
  const seen: unknown[] = [];
  await runUntil(3, makeTrainer({out, plugins: [counting(seen)]}));
  await makeTrainer({out, plugins: [counting(seen)], options: {resume: true}}).trainer.run();
  expect(seen).toEqual([[3, 3]]);
});

test('a finished run that is resumed does nothing, and names its checkpoint', async () => {
  const out = temporaryFolder();
  await makeTrainer({out}).trainer.run();
  const {trainer, steps} = makeTrainer({out, options: {resume: true}});
  expect(await trainer.run()).toMatchObject({
    step: 6,
    reason: 'finished',
    checkpoint: path.join(out, 'checkpoints/step-00000006'),
  });
  expect(steps).toEqual([]);
  expect(metricsLines(out)).toHaveLength(6);
});

test('resume without any checkpoint starts from 0 and says so', async () => {
  const {trainer, lines, steps} = makeTrainer({options: {resume: true}});
  await trainer.run();
  expect(lines).toContainEqual(
    expect.stringMatching(/^warning: no checkpoint in .* yet: starting from step 0$/),
  );
  expect(steps).toHaveLength(6);
});

test('a changed configuration is said, not refused', async () => {
  const out = temporaryFolder();
  await runUntil(2, makeTrainer({out}));
  const {trainer, lines} = makeTrainer({out, config: {seed: 7}, options: {resume: true}});
  await trainer.run();
  expect(lines).toContain("warning: the configuration differs from the checkpoint's: seed: 1234 -> 7");
  expect(lines.filter(line => line.includes('differs'))).toHaveLength(1);
});

test('an option that the checkpoint does not know was at its default when it was written', async () => {
  const out = temporaryFolder();
  await runUntil(2, makeTrainer({out}));
  const latest = readFileSync(path.join(out, 'checkpoints/latest'), 'utf8').trim();
  const file = path.join(out, 'checkpoints', latest, 'state.json');
  const state = JSON.parse(readFileSync(file, 'utf8')) as CheckpointState;
  delete state.config.data['timestep'];
  writeFileSync(file, JSON.stringify(state));
  const {trainer, lines} = makeTrainer({out, options: {resume: true}});
  await trainer.run();
  expect(lines.filter(line => line.includes('differs'))).toEqual([]);
});

test('a new run in a used folder is refused, and touches nothing', async () => {
  const out = temporaryFolder();
  await makeTrainer({out}).trainer.run();
  const before = readdirSync(out, {recursive: true}).sort();
  const metrics = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8');
  const error = await rejection(makeTrainer({out}).trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_EXISTS'});
  expect(error.message).toContain('Add --resume');
  expect(readdirSync(out, {recursive: true}).sort()).toEqual(before);
  expect(readFileSync(path.join(out, 'metrics.jsonl'), 'utf8')).toBe(metrics);
});

test('metrics of an earlier run without checkpoints are kept under another name', async () => {
  const out = temporaryFolder();
  mkdirSync(out, {recursive: true});
  writeFileSync(path.join(out, 'metrics.jsonl'), 'old\n');
  await makeTrainer({out}).trainer.run();
  expect(readFileSync(path.join(out, 'metrics.1.jsonl'), 'utf8')).toBe('old\n');
  expect(metricsLines(out)).toHaveLength(6);
});

describe('a checkpoint of another model is refused with the differences', () => {
  class Other extends FakeModel {
    override readonly name: string = 'Other';
    override readonly parameters = [
      {name: 'mix.weight', shape: [6, 3], fileShape: [3, 6]},
      {name: 'mix.bias', shape: [4], fileShape: [4]},
      {name: 'new', shape: [1], fileShape: [1]},
    ];
  }

  test('names, shapes, extra tensors; the checkpoint is not touched', async () => {
    const out = temporaryFolder();
    await makeTrainer({out}).trainer.run();
    const before = tensorsOf(out, 6);
    const {trainer} = makeTrainer({
      out,
      options: {resume: true, networks: [fakeNetwork(options => new Other(options))]},
    });
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_MODEL'});
    for (const difference of [
      'it is of "Fake", not "Other"',
      '"mix.bias" is [3], not [4]',
      '"new" is missing',
      '"flow.scale" is not in this model',
      'more',
    ])
      expect(error.message).toContain(difference);
    expect(tensorsOf(out, 6)).toEqual(before);
  });

  test('other scales, which no shape shows', async () => {
    const out = temporaryFolder();
    await makeTrainer({out}).trainer.run();
    const config = {steps: 8, model: {scales: [8, 2, 1]}};
    const {trainer} = makeTrainer({out, config, options: {resume: true}});
    expect(await rejection(trainer.run())).toMatchObject({
      code: 'RIFE_ERR_CHECKPOINT_MODEL',
      message: expect.stringContaining('its scales are 4, 2, 1, not 8, 2, 1'),
    });
  });
});

test("files hold PyTorch's layout", async () => {
  const {trainer, out, engine} = makeTrainer();
  let values = new Map<string, Float32Array>();
  trainer.hooks.done.tapPromise('read', async () => void (values = await engine.program!.readVariables()));
  await trainer.run();
  for (const [file, variable] of [
    ['weights', 'mix.weight'],
    ['optimizer', 'adam.m/mix.weight'],
  ] as const) {
    const name = path.join(out, `checkpoints/step-00000006/${file}.safetensors`);
    const {tensors, metadata} = decodeSafetensors(readFileSync(name), name);
    const stored = tensors.get(variable)!;
    expect(stored.shape).toEqual([3, 6]);
    for (let i = 0; i < 6; i++)
      for (let o = 0; o < 3; o++) expect(stored.values[o * 6 + i]).toBe(values.get(variable)![i * 3 + o]);
    expect(metadata).toEqual(file === 'weights' ? {format: 'pt'} : {});
  }
});

test('an out that cannot be written is a coded error', async () => {
  const out = path.join(temporaryFolder(), 'file');
  writeFileSync(out, '');
  expect(await rejection(makeTrainer({out: path.join(out, 'run')}).trainer.run())).toMatchObject({
    code: 'RIFE_ERR_CHECKPOINT_WRITE',
  });
  rmSync(out);
  expect(existsSync(out)).toBe(false);
});
