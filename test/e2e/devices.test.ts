/**
 * Several devices on the command line: here replicas on the processor, each in a process of its
 * own. Their failures are tested in scripts/replicas.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {Project, runAlone, runCli, startCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

const SMALL = 'model: {widths: [16, 16, 16]}, previewEvery: 2,';

interface Line {
  step: number;
  loss: number;
  perSample: number[][];
  logs: Record<string, number>;
}
const lines = () =>
  readFileSync(project.path('run/metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line);

/** Processes whose environment has the mark. */
const processes = (mark: string) =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
      } catch {
        return false;
      }
    });

test('two devices train one run, which one device continues', async () => {
  project.config(`${SMALL} execution: 'captured', optim: {warmupSteps: 2, globalBatch: 2},`);
  const two = await runAlone(project.folder, ['train', '--devices', '2']);
  expect(two).toMatchObject({code: 0, stdout: expect.stringMatching(/^2 replicas, a process each$/m)});
  expect(two.stdout).toMatch(/^Finished at step 4 of 4/m);
  expect(two.stdout).toContain('npx rife-train train --steps 8 --devices 2 --resume');
  expect(readdirSync(project.path('run'))).toEqual(expect.arrayContaining(['preview.png', 'checkpoints']));
  expect(lines().map(({step}) => step)).toEqual([0, 1, 2, 3]);
  for (const {perSample, logs} of lines()) {
    expect(perSample).toHaveLength(2);
    expect(logs['parallel/reduceMs']).toBeGreaterThan(0);
    expect(logs['parallel/peakMiB']).toBeGreaterThan(100);
  }

  const one = await runAlone(project.folder, ['train', '--resume', '--steps', '6']);
  expect(one.code).toBe(0);
  expect(one.stdout).toContain("configuration differs from the checkpoint's: devices: 2 -> 1");
  // The global batch stays: two micro-steps of one device.
  expect(lines().map(({step, perSample}) => [step, perSample.length])).toEqual(
    [0, 1, 2, 3, 4, 5].map(step => [step, 2]),
  );
});

test('SIGTERM is the end of all replicas at the same step, and leaves no process', async () => {
  const mark = `RIFE_TEST_MARK=${process.pid}`;
  project.config(`${SMALL} steps: 500, saveEvery: 1000,`);
  const run = startCli(project.folder, ['train', '--devices', '2', '--launcher', 'process'], {
    RIFE_TEST_MARK: String(process.pid),
  });
  await run.shows(/^step +1\/500/m);
  expect(processes(mark).length).toBeGreaterThanOrEqual(3);
  run.child.kill('SIGTERM');
  const {code, stdout} = await run.ended;
  expect({code, stdout}).toMatchObject({
    code: 143,
    stdout: expect.stringMatching(/^Stopped at step \d+ of 500/m),
  });
  expect(processes(mark)).toEqual([]);
});

test('an error of one replica is reported with its number, and with its usual exit code', async () => {
  project.config(
    `${SMALL} plugins: [broken],`,
    `import {definePlugin} from '@rife-train/core';
    const broken = definePlugin({name: 'test:broken', apply({hooks, replica}: any) {
      hooks.afterStep.tap('x', ({progress}: any) => {
        if (progress.step === 2 && replica.rank === 1) throw new Error('this device is broken');
      });
    }});`,
  );
  const {code, stderr} = await runAlone(project.folder, ['train', '--devices', '2', '--launcher', 'thread']);
  expect({code, stderr}).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Replica 1 \(of 2, from 0\): .*"test:broken".*this device is broken/m),
  });
  expect(stderr).toContain('docs/errors/taps.md');
});

test('a global batch that the devices do not make up is refused before anything is written', async () => {
  project.config('optim: {globalBatch: 3},');
  const {code, stderr} = await runCli(project.folder, ['train', '--devices', '2']);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('such as 2 or 4')});
  expect(readdirSync(project.folder)).not.toContain('run');
});
