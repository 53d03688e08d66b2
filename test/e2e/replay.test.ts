import {existsSync, readdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {Project, runAlone, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** Its tap computes the root of a negative number for some batches. */
const HARMFUL = `
import * as tf from '@tensorflow/tfjs-core';
import {definePlugin} from '@rife-train/core';
const harmful = definePlugin({
  name: 'test:harmful',
  apply({hooks}) {
    let sign = 1;
    const value = () => sign;
    hooks.beforeStep.tap('x', ({progress}) => void (sign = progress.step === 2 ? -1 : 1));
    hooks.save.tap('x', ({plugins}) => void (plugins['test:harmful'] = sign));
    hooks.load.tap('x', ({plugins}) => void (sign = plugins['test:harmful'] as number));
    hooks.afterLoss.tap('x', ({terms, weights}, trace) => ({
      terms: {...terms, root: tf.sqrt(tf.mul(terms['teacher']!, trace.scalar('harmful.sign', value))) as tf.Tensor1D},
      weights: {...weights, root: 0.1},
    }));
  },
});`;

test('a bad step is named, recorded, and can be run again, with the plugin and without', async () => {
  project.config("execution: 'captured', steps: 4, previewEvery: 0, plugins: [harmful],", HARMFUL);
  const {code, stdout} = await runCli(project.folder, ['train']);
  expect({code, stdout}).toMatchObject({code: 0});
  expect(stdout).toMatch(
    /warning: step 2 is not finite: Sqrt in "plugin test:harmful, hook afterLoss" gave the first number that is not finite.*samples: .* \(gap \d, t 0\.5\).*record: .*flight\/step-00000002/,
  );
  const folder = project.path('run/flight/step-00000002');
  expect(readdirSync(folder).sort()).toEqual([
    'batches.safetensors',
    'optimizer.safetensors',
    'record.json',
    'weights.safetensors',
  ]);
  const record = JSON.parse(readFileSync(`${folder}/record.json`, 'utf8')) as {
    metrics: unknown[];
    loss: unknown;
  };
  expect(record.loss).toBe('NaN');
  expect(record.metrics).toHaveLength(2);

  // In a process of its own, as after a crash.
  const replayed = await runAlone(project.folder, ['replay', 'run/flight/step-00000002']);
  expect(replayed.code).toBe(0);
  expect(replayed.stdout).toContain('The loss is the recorded one, bit for bit.');
  expect(replayed.stdout).toContain('Now the step is not finite.');
  expect(replayed.stdout).toContain('Op by op: Sqrt in "plugin test:harmful, hook afterLoss"');
  expect(replayed.stdout).toMatch(/Gradient norms by part: block0 \S+, block1/);

  const without = await runCli(project.folder, [
    'replay',
    'run/flight/step-00000002',
    '--without',
    'test:harmful',
  ]);
  expect(without.stdout).toContain('Now the step is finite.');
  expect(without.stdout).not.toContain("differs from the record's");
  writeFileSync(
    project.path('other.config.ts'),
    readFileSync(project.path('rife.config.ts'), 'utf8').replace('steps: 4, ', 'steps: 9, seed: 5, '),
  );
  const other = await runCli(project.folder, ['replay', 'run/flight/step-00000002', '-c', 'other.config.ts']);
  expect(other.stdout.match(/differs from the record's: .*/g)).toEqual([
    "differs from the record's: steps: 4 -> 9",
    expect.stringMatching(/: seed: \d+ -> 5$/),
  ]);
  const mistyped = await runCli(project.folder, [
    'replay',
    'run/flight/step-00000002',
    '--without',
    'harmful',
  ]);
  expect(mistyped).toMatchObject({code: 2, stderr: expect.stringContaining('RIFE_ERR_CLI_WITHOUT')});

  truncateSync(`${folder}/weights.safetensors`, 1000);
  const torn = await runCli(project.folder, ['replay', 'run/flight/step-00000002', '--no-plugins']);
  expect(torn.stderr).toContain('RIFE_ERR_FLIGHT_RECORD');
  expect(existsSync(project.path('run/checkpoints/latest'))).toBe(true);
});

const DEEPER = `
const deeper = definePlugin({
  name: 'test:deeper',
  apply({hooks}) {
    hooks.model.tap('x', model => ({...model, scales: [8, ...model.scales], widths: [16, ...model.widths]}));
  },
});`;

test('without a plugin that made the network, and without any, the network is not the recorded one', async () => {
  const small = 'model: {widths: [16, 16, 16]}';
  project.config(`steps: 3, previewEvery: 0, ${small}, plugins: [deeper, harmful],`, HARMFUL + DEEPER);
  const {code, stdout} = await runCli(project.folder, ['train']);
  expect({code, stdout}).toMatchObject({code: 0});
  const replayed = (...flags: string[]) =>
    runCli(project.folder, ['replay', 'run/flight/step-00000002', ...flags]);
  const same = await replayed();
  expect(same.stdout).toContain('So are its terms, the gradient norm and the largest |flow|.');
  expect(same.stdout).toMatch(
    /By itself a loss of NaN in both shows nothing: of the (\d+) recorded numbers that are finite, \1 came out again\./,
  );
  for (const flags of [['--without', 'test:deeper'], ['--no-plugins']])
    expect((await replayed(...flags)).stderr).toContain('RIFE_ERR_CHECKPOINT_MODEL');
  const calm = await replayed('--without', 'test:harmful');
  expect(calm.stdout).toContain('Now the step is finite.');
  expect(calm.stdout).toContain('The update, op by op: weights and moments are finite after it');
});
