/**
 * Accidents lose nothing: two runs in one folder, a closed pipe, a closed terminal, a damaged
 * frame, a plugin that throws.
 */
import {spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {Project, ROOT, runCli, startCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

interface Line {
  step?: number;
  event?: string;
  [key: string]: unknown;
}
const linesOf = (name: string) =>
  readFileSync(project.path(name), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line);
const stepsOf = (run = 'run') =>
  linesOf(`${run}/metrics.jsonl`).flatMap(({step, event}) => (event === undefined ? [step] : []));
const upTo = (count: number) => Array.from({length: count}, (_, i) => i);
const latest = (run = 'run') => readFileSync(project.path(run, 'checkpoints/latest'), 'utf8').trim();
const folderOf = (step: number) => `step-${String(step).padStart(8, '0')}`;

/** Waits at a step until a file exists, so that a test can do something in the meantime. */
const WAITS = `import {existsSync} from 'node:fs';
import {definePlugin} from '@rife-train/core';
const waits = definePlugin({name: 'test:waits', apply({hooks, log}: any) {
  hooks.beforeStep.tapPromise('waits', async ({progress}: any) => {
    if (progress.step !== 3 || existsSync('go')) return;
    log('waiting');
    while (!existsSync('go')) await new Promise(resolve => setTimeout(resolve, 20));
  });
}});`;

test('two runs in one folder: the second is refused, whatever it wants; a hang-up saves the first', async () => {
  project.config('steps: 500, saveEvery: 1000, previewEvery: 0, plugins: [waits],', WAITS);
  const first = startCli(project.folder, ['train']);
  await first.shows(/waiting/);
  for (const how of [['--resume'], ['--fresh'], ['--extend', '5']]) {
    const {code, stderr} = await runCli(project.folder, ['train', ...how]);
    expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('RIFE_ERR_CLI_IN_USE')});
    expect(stderr).toMatch(
      new RegExp(`run is in use by "npx rife-train train" \\(process ${first.child.pid} on `),
    );
  }
  expect(readdirSync(project.folder).filter(name => name.startsWith('run'))).toEqual(['run']);
  first.child.kill('SIGHUP');
  project.write('go', '');
  const {code, stdout} = await first.ended;
  expect({code, stdout}).toMatchObject({
    code: 129,
    stdout: expect.stringContaining('SIGHUP: finishing this step'),
  });
  const step = Number(/Stopped at step (\d+) of 500/.exec(stdout)![1]);
  expect(step).toBeGreaterThanOrEqual(4);
  expect(latest()).toBe(folderOf(step));
  expect(stepsOf()).toEqual(upTo(step));
  expect(linesOf('run/run.jsonl').at(-1)).toMatchObject({event: 'end', reason: 'interrupted', step});
});

test('a reader that closes its pipe: the run continues without output, and ends well; its log is in its folder', async () => {
  project.config('steps: 6, saveEvery: 1000, previewEvery: 0,');
  const child = spawn(process.execPath, [join(ROOT, 'packages/cli/bin/rife-train.js'), 'train'], {
    cwd: project.folder,
    env: {...process.env, TF_CPP_MIN_LOG_LEVEL: '2'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise(resolve => child.on('close', resolve));
  expect({code, stderr}).toEqual({code: 0, stderr: expect.not.stringContaining('EPIPE')});
  expect(latest()).toBe(folderOf(6));
  expect(readFileSync(project.path('run/log.txt'), 'utf8')).toMatch(/Z Finished at step 6 of 6/);
});

/** Writes a clip of so many frames. */
async function writePictures(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const picture = {width: 64, height: 64, channels: 3, background: {r: 10 * i, g: 9, b: 7}} as const;
    const name = `clips/train/001/pictures/${String(i).padStart(4, '0')}.png`;
    project.write(name, await sharp({create: picture}).png().toBuffer());
  }
}

test('a damaged frame: all steps before it are saved, and after its repair the run continues', async () => {
  await writePictures(20);
  const frame = project.path('clips/train/001/pictures/0013.png');
  const whole = readFileSync(frame);
  writeFileSync(frame, whole.subarray(0, whole.length - 30));
  project.config("data: {...small, root: './clips'}, steps: 40, saveEvery: 1000, previewEvery: 0,");
  const {code, stdout, stderr} = await runCli(project.folder, ['train']);
  expect({code, stderr}).toMatchObject({code: 4, stderr: expect.stringContaining('0013.png')});
  const step = Number(/saved .*step-(\d+)\n/.exec(stdout)![1]);
  expect(step).toBeGreaterThan(0);
  expect(stdout).toContain('go on with: npx rife-train train --resume');
  expect([latest(), stepsOf()]).toEqual([folderOf(step), upTo(step)]);
  writeFileSync(frame, whole);
  const goesOn = await runCli(project.folder, ['train', '--resume', '--steps', String(step + 1)]);
  expect(goesOn.code).toBe(0);
  expect(stepsOf()).toEqual(upTo(step + 1));
});

test('a plugin that throws, in a tap or in a timer of its own: nothing is lost', async () => {
  const throwing = (code: string) =>
    project.config(
      'steps: 8, saveEvery: 1000, previewEvery: 0, plugins: [bad],',
      `import {definePlugin} from '@rife-train/core';
      const bad = definePlugin({name: 'test:bad', options: {limit: 3, weight: (x: number) => 2 * x}, apply({hooks}: any) { ${code} }});`,
    );
  throwing(
    "hooks.afterStep.tap('bad', ({progress}: any) => { if (progress.step === 2) throw new Error('no luck'); });",
  );
  const first = await runCli(project.folder, ['train']);
  expect(first).toMatchObject({code: 2, stderr: expect.stringContaining('no luck')});
  expect([latest(), stepsOf()]).toEqual([folderOf(3), upTo(3)]);
  throwing(
    "hooks.beforeStep.tapPromise('bad', async ({progress}: any) => { if (progress.step === 5) { setTimeout(() => { throw new Error('late'); }); await new Promise(resolve => setTimeout(resolve, 50)); } });",
  );
  const second = await runCli(project.folder, ['train', '--resume']);
  expect(second).toMatchObject({code: 2, stderr: expect.stringContaining('late')});
  expect([latest(), stepsOf()]).toEqual([folderOf(6), upTo(6)]);
  // The folder describes both starts.
  const starts = linesOf('run/run.jsonl').filter(({event}) => event === 'start');
  expect(starts).toHaveLength(2);
  expect(starts[1]).toMatchObject({
    command: 'npx rife-train train --resume',
    versions: {node: process.version, engine: expect.stringContaining('TensorFlow')},
    config: {steps: 8, seed: 1234, data: {crop: 64}},
    plugins: [{name: 'test:bad', options: {limit: 3, weight: expect.stringContaining('2 * x')}}],
    clips: {count: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/)},
    configuration: {text: expect.stringContaining('test:bad')},
  });
});

test('runs without "out" are numbered, named, and gone on with: the latest', async () => {
  project.config('steps: 1, previewEvery: 0, out: undefined,');
  const train = (...args: string[]) => runCli(project.folder, ['train', ...args]);
  const first = await train();
  expect(first).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Checkpoint: runs/run-0001/checkpoints/'),
  });
  expect(await train('--name', 'other', '--set', 'optim.learningRate=1e-5')).toMatchObject({code: 0});
  expect(await train('--fresh')).toMatchObject({code: 0});
  expect(readdirSync(project.path('runs')).sort()).toEqual(['latest', 'other', 'run-0001', 'run-0002']);
  expect(linesOf('runs/other/run.jsonl')[0]).toMatchObject({config: {optim: {learningRate: 1e-5}}});
  const resumed = await train('--resume', '--steps', '2');
  expect(resumed.stdout).toContain('Checkpoint: runs/run-0002/checkpoints/step-00000002');
  expect(stepsOf('runs/latest')).toEqual([0, 1]);
  const named = await train('--name', 'other', '--extend', '2');
  expect(named.stdout).toContain(
    'npx rife-train train --out runs/other --set optim.learningRate=1e-5'.slice(0, 39),
  );
  expect(stepsOf('runs/latest')).toEqual([0, 1, 2]);
  expect(existsSync(project.path('runs/latest/.rife-train.lock'))).toBe(false);
  const wrong = await train('--set', 'optim.learnngRate=1');
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "optim.learningRate"?'),
  });
  expect(readdirSync(project.path('runs'))).toHaveLength(4);
});
