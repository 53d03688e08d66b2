import {existsSync, readdirSync, readFileSync} from 'node:fs';
import sharp from 'sharp';
import {Project, runAlone, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

const PLUGINS = `
import {curriculum} from '@rife-train/plugin-curriculum';
import {distill} from '@rife-train/plugin-distill';
import {gradClip} from '@rife-train/plugin-gradclip';`;
const USE_PLUGINS =
  'plugins: [curriculum({from: [1, 1], to: [1, 4]}), distill({weight: 0.01}), gradClip({maxNorm: 1})],';

/** Records of metrics.jsonl. */
const metrics = (folder = 'run') =>
  readFileSync(project.path(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as {step: number; loss: number; logs: Record<string, number>});
const stepsOf = (folder = 'run') => metrics(folder).map(({step}) => step);

test('a run with plugins: checkpoint, metrics, previews, and what to do next', async () => {
  project.config(`execution: 'captured', ${USE_PLUGINS}`, PLUGINS);
  const {code, stdout, stderr} = await runAlone(project.folder, ['train']);
  expect({code, stderr}).toMatchObject({code: 0});
  expect(stdout).toMatch(/^TensorFlow \S+ \(captured\), cpu/m);
  expect(stdout).toMatch(
    /^step 4\/4 {2}loss \d.*reconstruction \d.*teacher.*distill.*lr .*gap 1-4.*images\/s.*ETA 0s/m,
  );
  // Once, and before the end: there is something to look at.
  expect(stdout.match(/^Preview: .*$/gm)).toEqual([
    expect.stringMatching(
      /^Preview: run\/preview\.png \(step 2, PSNR \d+\.\d\d dB; inputs' mean \d+\.\d\d, gain [+-]\d+\.\d\d\), a new one every 2 steps$/,
    ),
    expect.stringMatching(/^Preview: {4}run\/preview\.png \(PSNR/),
  ]);
  expect(stdout).toContain('Finished at step 4 of 4');
  expect(stdout).toContain('Checkpoint: run/checkpoints/step-00000004');
  expect(stdout).toContain('npx rife-train train --steps 8 --resume');
  expect(stdout).not.toContain('\x1b');
  expect(stepsOf()).toEqual([0, 1, 2, 3]);
  expect(metrics()[3]!.logs).toMatchObject({
    'distill/weight': expect.closeTo(0.01),
    'gradclip/norm': expect.any(Number),
  });
  expect(readdirSync(project.path('run/previews'))).toEqual(['step-00000002.png', 'step-00000004.png']);
  const preview = await sharp(project.path('run/preview.png')).metadata();
  expect(preview.width).toBeGreaterThan(6 * 192);
  expect(readdirSync(project.folder).filter(name => name.startsWith('.'))).toEqual([]);
});

test('the quickstart configuration trains', async () => {
  const config = project.example('quickstart');
  // Op by op: test/reference compares twenty captured steps of the full size with the reference's.
  const flags = ['--steps', '2', '--out', 'quick', '--execution', 'eager'];
  const {code, stdout} = await runCli(project.folder, ['train', '--config', config, ...flags]);
  expect({code, stdout}).toMatchObject({code: 0, stdout: expect.stringContaining('Finished at step 2 of 2')});
  const logged = Object.keys(metrics('quick')[1]!.logs).sort();
  expect(logged.filter(key => !/^curriculum\/(count|loss|psnr)\/[12]$/.test(key))).toEqual([
    'curriculum/maxGap',
    'curriculum/minGap',
    'distill/weight',
    'gradclip/clipped',
    'gradclip/factor',
    'gradclip/norm',
    'gradclip/share',
  ]);
  expect(logged).toContain('curriculum/psnr/1');
  expect(existsSync(project.path('quick/preview.png'))).toBe(true);
});

test('an earlier run is refused, continues with --resume, is moved by --fresh', async () => {
  project.config('steps: 1, previewEvery: 0,');
  const train = (...args: string[]) => runCli(project.folder, ['train', '--execution', 'eager', ...args]);
  expect((await train()).code).toBe(0);
  const [record] = metrics();
  const refused = await train();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('RIFE_ERR_CLI_RUN_EXISTS');
  expect(refused.stderr).toContain('npx rife-train train --execution eager --resume');

  const resumed = await train('--resume', '--steps', '2');
  expect(resumed.stdout).toMatch(/resumed from .*step-00000001/);
  expect(stepsOf()).toEqual([0, 1]);

  const fresh = await train('--fresh');
  expect(fresh.stdout).toContain('the earlier run is in run.1 now');
  expect(stepsOf('run.1')).toEqual([0, 1]);
  expect(stepsOf()).toEqual([0]);
  expect(metrics()[0]!.loss).toBe(record!.loss);
});

test('--resume without a checkpoint starts at step 0 and says so', async () => {
  project.config('steps: 1, previewEvery: 0,');
  const {code, stdout} = await runCli(project.folder, ['train', '--resume']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/no checkpoint .*starting from step 0/);
});

test('--resume of a folder without a run', async () => {
  project.config();
  const {code, stderr} = await runCli(project.folder, ['train', '--resume', 'elsewhere']);
  expect(code).toBe(2);
  expect(stderr).toContain('RIFE_ERR_CLI_RESUME_MISSING');
});

test('a checkpoint of another model is refused and left alone', async () => {
  project.config('steps: 1, previewEvery: 0,');
  expect((await runCli(project.folder, ['train'])).code).toBe(0);
  const before = readFileSync(project.path('run/metrics.jsonl'), 'utf8');
  project.config('steps: 2, previewEvery: 0, model: {widths: [32, 32, 32]},');
  const {code, stderr} = await runCli(project.folder, ['train', '--resume']);
  expect({code, stderr}).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('RIFE_ERR_CHECKPOINT_MODEL'),
  });
  expect(stderr).toContain('block0');
  expect(readFileSync(project.path('run/metrics.jsonl'), 'utf8')).toBe(before);
  expect(existsSync(project.path('run/checkpoints/step-00000001/weights.safetensors'))).toBe(true);
});
