/**
 * `rife-train plugins`, `create-plugin`, and predictions with the plugins that were used in
 * training.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {Project, ROOT, runAlone, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

const TILT = `import {definePlugin} from '@rife-train/core';
import {gradClip} from '@rife-train/plugin-gradclip';
import * as tf from '@tensorflow/tfjs-core';
/** Adds \`state.pixels\` to every flow; what it is comes out of the checkpoint. */
const tilt = () => {
  const state = {pixels: 0};
  const value = () => state.pixels;
  return definePlugin({
    name: 'test:tilt', stage: 1, after: ['rife:gradclip'], changesPrediction: true,
    apply({hooks}: any) {
      hooks.flow.tap('x', (flow: tf.Tensor4D, _info: unknown, trace: any) =>
        tf.add(flow, trace.scalar('tilt.pixels', value)));
      hooks.afterStep.tapPromise('x', async () => void (state.pixels += 3));
      hooks.save.tap('x', (context: any) => void (context.plugins['test:tilt'] = {...state}));
      hooks.load.tap('x', (context: any) => void Object.assign(state, context.plugins['test:tilt']));
    },
  });
};`;
const SMALL = "model: {name: 'IFNet_m', widths: [16, 12, 8]}, steps: 2, previewEvery: 0,";
const CAPTURED = `${SMALL} execution: 'captured',`;

describe('plugins', () => {
  test('order, hooks, nodes and parameters', async () => {
    project.config(`${CAPTURED} plugins: [tilt(), gradClip()],`, TILT);
    const {code, stdout, stderr} = await runCli(project.folder, ['plugins', '--json']);
    expect({code, stderr}).toMatchObject({code: 0});
    const {taps, graph} = JSON.parse(stdout) as Record<string, unknown>;
    expect(taps).toMatchObject({
      plugins: [
        {name: 'rife:gradclip'},
        {name: 'test:tilt', stage: 1, changesPrediction: true, after: ['rife:gradclip']},
      ],
      hooks: expect.arrayContaining([
        {hook: 'flow', kind: 'traced', taps: [expect.objectContaining({plugin: 'test:tilt'})]},
      ]),
    });
    expect(graph).toMatchObject({
      crop: [64, 64],
      batch: 1,
      plugins: [
        {plugin: 'rife:gradclip', taps: [{hook: 'gradients'}], added: {parameters: 0, predictNodes: 0}},
        // Three student blocks and the teacher: one sum each, and the scalar with its copy once.
        {
          plugin: 'test:tilt',
          taps: [{hook: 'flow', stepNodes: 6, predictNodes: 5}],
          added: {predictNodes: 5},
        },
      ],
    });
    const {plugins, all, none} = graph as {
      plugins: {added: {stepNodes: number}}[];
      all: {stepNodes: number};
      none: {stepNodes: number};
    };
    const added = plugins.map(plugin => plugin.added.stepNodes);
    expect(Math.min(...added)).toBeGreaterThanOrEqual(5);
    // The two share nothing: together they add the sum of both.
    expect(added[0]! + added[1]!).toBe(all.stepNodes - none.stepNodes);
    expect(existsSync(project.path('run'))).toBe(false);
  });

  test('without the engine', async () => {
    project.config(`${SMALL} plugins: [gradClip(), tilt()],`, TILT);
    const {code, stdout} = await runAlone(project.folder, ['plugins', '--no-graph'], {
      RIFE_TRAIN_ENGINE: project.path('nowhere'),
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rife\.config\.ts: 2 plugins/);
    expect(stdout).toMatch(/^ {2}flow +traced {2}test:tilt$/m);
    expect(stdout).toMatch(/^ {2}afterStep +host .*test:tilt \(waits\)/m);
  });

  test('measured, at a crop of its own', async () => {
    // With recover, which keeps snapshots, as README's configuration does.
    project.config(
      `${CAPTURED} plugins: [tilt(), recover()],`,
      `${TILT} import {recover} from '@rife-train/plugin-recover';`,
    );
    const {code, stdout, stderr} = await runCli(project.folder, [
      'plugins',
      '--measure',
      '3',
      '--crop',
      '96',
    ]);
    expect({code, stderr}).toMatchObject({code: 0});
    expect(stdout).toMatch(/1 x 96 x 96/);
    expect(stdout).toMatch(/test:tilt +flow 6 .* [+-]\d+\.\d+ \+-\d+\.\d+$/m);
    expect(stdout).toMatch(/rife:recover +.* [+-]\d+\.\d+ \+-\d+\.\d+$/m);
    expect(stdout).toContain('3 pairs of steps');
    expect(existsSync(project.path('run'))).toBe(false);
  });

  test('a configuration without plugins', async () => {
    project.config();
    expect(await runCli(project.folder, ['plugins'])).toMatchObject({
      code: 0,
      stdout: 'rife.config.ts lists no plugins.\n',
    });
  });
});

test('predict asks for the plugins that changed the flow, and applies them in the state of the checkpoint', async () => {
  project.config(`${SMALL} plugins: [tilt(), gradClip()],`, TILT);
  expect(await runCli(project.folder, ['train'])).toMatchObject({code: 0});
  const state = readFileSync(project.path('run/checkpoints/step-00000002/state.json'), 'utf8');
  expect(JSON.parse(state)).toMatchObject({
    predictionPlugins: ['test:tilt'],
    plugins: {'test:tilt': {pixels: 6}},
  });
  for (const [name, frame] of [
    ['a.png', 0],
    ['b.png', 8],
  ] as const)
    await sharp(join(ROOT, `packages/data/src/__tests__/fixtures/clip128/000${frame}.png`)).toFile(
      project.path(name),
    );
  const predict = (...args: string[]) =>
    runCli(project.folder, ['predict', 'a.png', 'b.png', '-w', 'run', ...args]);
  const refused = await predict('-o', 'x.png');
  expect(refused).toMatchObject({code: 2, stderr: expect.stringContaining('RIFE_ERR_PREDICT_PLUGINS')});
  expect(refused.stderr).toContain('"test:tilt"');
  expect(existsSync(project.path('x.png'))).toBe(false);

  expect(await predict('-o', 'with.png', '--config', 'rife.config.ts')).toMatchObject({code: 0});
  expect(await predict('-o', 'without.png', '--without-plugins')).toMatchObject({code: 0});
  const pixels = (name: string) => sharp(project.path(name)).raw().toBuffer();
  expect((await pixels('with.png')).equals(await pixels('without.png'))).toBe(false);

  project.config(`${SMALL} plugins: [gradClip()],`, TILT);
  const lacking = await predict('-o', 'x.png', '--config', 'rife.config.ts');
  expect(lacking).toMatchObject({code: 2, stderr: expect.stringContaining('to "plugins"')});
});

test('create-plugin writes a package, once', async () => {
  const first = await runCli(project.folder, ['create-plugin', '@you/soft-start']);
  expect(first).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('@you/rife-train-plugin-soft-start'),
  });
  const path = project.path('rife-train-plugin-soft-start/package.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({name: '@you/rife-train-plugin-soft-start'});
  const second = await runCli(project.folder, ['create-plugin', '@you/soft-start']);
  expect(second).toMatchObject({code: 2, stderr: expect.stringContaining('RIFE_ERR_CREATE_EXISTS')});
  const bad = await runCli(project.folder, ['create-plugin', 'Bad Name']);
  expect(bad).toMatchObject({code: 2, stderr: expect.stringContaining('docs/errors/create.md#')});
});
