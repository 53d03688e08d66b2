/**
 * `rife-train train --dry-run`: the plan of the example for X-TRAIN, for which the data set is not
 * needed, and what is refused.
 */
import {existsSync} from 'node:fs';
import {Project, runCli} from './support.js';

/** Three frames of 65, in order, of 4,408 clips: gaps 1 to 32 at any timestep. */
const TRIPLETS = (4408 * 65 * 64 * 63) / 6;

/** Fields of the JSON that the tests use. */
interface Plan {
  batch: Record<string, number>;
  memory: Record<string, number>;
  run: Record<string, number>;
  work: Record<string, number>;
  schedule: {step: number; learningRate: number; maxGap: number}[];
}

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

const dryRun = (...args: string[]) => runCli(project.folder, ['train', '--dry-run', ...args]);
const out = () => existsSync(project.path('run'));

test('the recipe for X-TRAIN, without X-TRAIN and without a GPU', async () => {
  const {code, stdout, stderr} = await dryRun('--config', project.example('xtrain-4gpu'), '--out', 'run');
  expect({code, stderr}).toMatchObject({code: 0});
  expect(stdout).toContain('does not exist: these are the numbers that X-TRAIN is known to have');
  expect(stdout).toContain('4,408 clips of 65 frames, 768 x 768');
  expect(stdout).toContain(`${TRIPLETS.toLocaleString('en-US')} triplets at gap 1-32, gt anywhere between`);
  expect(stdout).toContain('48,768 samples per epoch, 762 steps per epoch');
  expect(stdout).toContain('4 devices x batch 16 x 1 micro-step = 64 triplets per update');
  expect(stdout).toContain('228,600 steps, 300 epochs');
  expect(stdout).toMatch(/captured at 16 x 512 x 512/);
  for (const plugin of [
    'distill',
    'curriculum',
    'gradclip',
    'flownorm',
    'multiscale',
    'gainlimit',
    'recover',
  ])
    expect(stdout).toMatch(new RegExp(`^ *(plugins +)?\\d  rife:${plugin}\\b`, 'm'));
  expect(out()).toBe(false);
});

test('JSON: fewer triplets at a time make more micro-steps and less memory, and leave the schedule', async () => {
  const plan = async (...args: string[]) => {
    const {code, stdout, stderr} = await dryRun(
      '--config',
      project.example('xtrain-4gpu'),
      '--crop',
      '256',
      '--json',
      ...args,
    );
    expect({code, stderr}).toMatchObject({code: 0});
    return JSON.parse(stdout) as Plan;
  };
  const [large, small] = [await plan(), await plan('--batch', '4', '--devices', '2')];
  expect(large).toMatchObject({
    batch: {devices: 4, batch: 16, microSteps: 1, global: 64},
    run: {steps: 228_600, stepsPerEpoch: 762, epochs: 300, samples: 228_600 * 64},
    data: {found: false, triplets: TRIPLETS, epoch: 48_768},
    work: {flopsPerStep: large.work['flopsPerPixel']! * 64 * 256 ** 2},
  });
  expect(small.batch).toEqual({...large.batch, devices: 2, batch: 4, microSteps: 8});
  expect(small.memory['variables']).toBe(large.memory['variables']);
  expect(large.memory['gpuStep']! / small.memory['gpuStep']!).toBeCloseTo(4, 0);
  expect(small.run).toEqual(large.run);
  const rates = ({schedule}: Plan) => schedule.map(({step, learningRate}) => [step, learningRate]);
  expect(rates(large)[2]).toEqual([2000, 3e-4]);
  // scaleWithDevices: half the devices, half the rate.
  expect(rates(small)).toEqual(rates(large).map(([step, rate]) => [step, rate! / 2]));
  expect(large.schedule.map(({maxGap}) => maxGap)).toEqual([2, 2, 2, 7, 16, 32, 32, 32]);
});

test('existing clips are scanned; nothing is written, and an earlier run is reported', async () => {
  project.config("model: {widths: [16, 12, 8]}, execution: 'eager', validateEvery: 2,");
  const fresh = await dryRun('--measure');
  expect(fresh).toMatchObject({code: 0});
  expect(fresh.stdout).toMatch(/4 clips of 65 frames, 256 x 256/);
  expect(fresh.stdout).toMatch(/what a step takes is not known without a graph/);
  expect(fresh.stdout).toMatch(/^time +\d+\.\d s a step here \(TensorFlow \S+ \(eager\), cpu/m);
  expect(out()).toBe(false);
  project.write('run/metrics.jsonl', '');
  expect((await dryRun()).stdout).toMatch(/holds a run: train will ask for --resume or --fresh/);
});

test.each([
  ['a root that does not exist', [], "data: {root: 'nowhere'},", 4, 'RIFE_ERR_DATA_ROOT'],
  [
    'a global batch that does not come out',
    [],
    'devices: 3, optim: {globalBatch: 64},',
    2,
    'RIFE_ERR_CONFIG_VALUE',
  ],
  ['a crop that the network does not take', ['--crop', '100'], '', 2, 'RIFE_ERR_DATA_CROP'],
  ['any timestep for IFNet', [], "data: {...small, timestep: 'any'},", 2, 'RIFE_ERR_CONFIG_TIMESTEP'],
  ['weights that are not there', ['--init', 'none.pkl'], '', 4, 'RIFE_ERR_WEIGHTS'],
  ['--fresh', ['--fresh'], '', 2, 'RIFE_ERR_CLI_USAGE'],
] as const)('%s is an error', async (_what, flags, options, exit, error) => {
  project.config(options);
  const {code, stderr} = await dryRun(...flags);
  expect(stderr).toContain(error);
  expect(code).toBe(exit);
  expect(out()).toBe(false);
});

test('flags of a dry run without one are refused, and nothing starts', async () => {
  project.config();
  const {code, stderr} = await runCli(project.folder, ['train', '--crop', '128']);
  expect({code, stderr}).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"--crop" goes with "--dry-run"'),
  });
  expect(out()).toBe(false);
});
