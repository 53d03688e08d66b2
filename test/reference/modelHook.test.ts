/**
 * Plugins change the architecture through the `model` hook, without the model's code: blocks,
 * scales, widths, norm.
 */
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {definePlugin, Logger, type ModelOptions, type StepMetrics, Trainer} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {decodeSafetensors} from '@rife-train/files';
import {NETWORKS} from '@rife-train/model';
import {fixtureBatches} from './support.js';

const out = mkdtempSync(join(tmpdir(), 'rife-model-hook-'));
afterAll(() => rmSync(out, {recursive: true, force: true}));

async function trainWith(change: (options: ModelOptions) => ModelOptions, folder: string, name = 'IFNet') {
  const steps: StepMetrics[] = [];
  const plugin = definePlugin({
    name: 'test:architecture',
    apply: ({hooks}) => hooks.model.tap('test:architecture', change),
  });
  const trainer = new Trainer({
    openEngine: () => createEngine({execution: 'eager'}),
    networks: NETWORKS,
    openBatches: () => Promise.resolve(fixtureBatches({n: 2, h: 64, w: 64, timestep: 0.25})),
    logger: new Logger({line: () => {}}),
    config: {
      data: {root: 'fixtures', crop: 64, batch: 2},
      model: {name, widths: [16, 12, 8]},
      optim: {warmupSteps: 0},
      steps: 2,
      previewEvery: 0,
      out: join(out, folder),
      plugins: [plugin],
    },
  });
  trainer.hooks.afterStep.tap('test', metrics => void steps.push(metrics));
  await trainer.run();
  const checkpoint = join(out, folder, 'checkpoints/step-00000002');
  const file = join(checkpoint, 'weights.safetensors');
  const {tensors} = decodeSafetensors(readFileSync(file), file);
  const state = JSON.parse(readFileSync(join(checkpoint, 'state.json'), 'utf8')) as {
    model: {options: ModelOptions};
  };
  return {steps, shapes: new Map([...tensors].map(([key, {shape}]) => [key, shape])), state};
}

test('a coarser block in front, narrower ones, batch norm', async () => {
  const changed = {scales: [8, 4, 2, 1], widths: [20, 16, 12, 8], norm: 'batch'} as const;
  const {steps, shapes, state} = await trainWith(
    options => ({...options, ...changed, scales: [...changed.scales], widths: [...changed.widths]}),
    'four',
  );
  expect(steps.map(({updated, loss}) => [updated, Number.isFinite(loss)])).toEqual([
    [true, true],
    [true, true],
  ]);
  expect(state.model.options).toEqual({name: 'IFNet', ...changed});
  expect(shapes.get('block0.conv0.1.0.weight')).toEqual([20, 10, 3, 3]);
  expect(shapes.get('block3.conv0.0.0.weight')).toEqual([4, 17, 3, 3]);
  expect(shapes.get('block3.convblock.7.norm.running_var')).toEqual([8]);
  expect(shapes.get('block_tea.lastconv.weight')).toEqual([8, 5, 4, 4]);
});

test('a single block, with the timestep', async () => {
  const {steps, shapes} = await trainWith(
    options => ({...options, scales: [2], widths: [10]}),
    'one',
    'IFNet_m',
  );
  expect(steps.every(({updated}) => updated)).toBe(true);
  expect(shapes.get('block0.conv0.0.0.weight')).toEqual([5, 7, 3, 3]);
  expect(shapes.has('block1.conv0.0.0.weight')).toBe(false);
});

test.each([
  ['norm', {norm: 'layer'}],
  ['scales', {scales: [3, 2, 1]}],
  ['widths', {widths: [7, 8, 8]}],
])('a plugin that sets %s to nonsense is reported before anything is written', async (option, change) => {
  await expect(
    trainWith(options => ({...options, ...change}) as ModelOptions, `bad-${option}`),
  ).rejects.toMatchObject({
    code: 'RIFE_ERR_MODEL_OPTION',
    message: expect.stringContaining(`model.${option}`) as string,
  });
  expect(existsSync(join(out, `bad-${option}`, 'checkpoints'))).toBe(false);
});
