import {readFileSync} from 'node:fs';
import {Project, runAlone, startCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** Steps of metrics.jsonl, in order. */
const stepsOf = () =>
  readFileSync(project.path('run/metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as {step: number}).step);

test('Ctrl-C saves and names the command that resumes, which works', async () => {
  project.config("execution: 'captured', steps: 500, saveEvery: 1000, previewEvery: 0,");
  const run = startCli(project.folder, ['train']);
  await run.shows(/^step +1\/500/m);
  run.child.kill('SIGINT');
  const {code, stdout} = await run.ended;
  expect({code, stdout}).toMatchObject({
    code: 130,
    stdout: expect.stringContaining('SIGINT: finishing this step'),
  });
  const [, step] = /Stopped at step (\d+) of 500/.exec(stdout)!;
  expect(stdout).toContain('Go on with: npx rife-train train --resume');
  const goesOn = await runAlone(project.folder, ['train', '--resume', '--steps', String(Number(step) + 1)]);
  expect(goesOn.code).toBe(0);
  expect(stepsOf()).toEqual(Array.from({length: Number(step) + 1}, (_, i) => i));
});

test('a second Ctrl-C quits at once; SIGTERM has its own code', async () => {
  // A tap that waits simulates a long step.
  project.config(
    'steps: 500, saveEvery: 1000, previewEvery: 0, plugins: [slow],',
    `import {definePlugin} from '@rife-train/core';
    const slow = definePlugin({name: 'test:slow', apply({hooks, log}: any) {
      hooks.afterStep.tapPromise('slow', () => {
        log('this takes long');
        return new Promise(resolve => setTimeout(resolve, 60_000));
      });
    }});`,
  );
  const run = startCli(project.folder, ['train']);
  await run.shows(/this takes long/);
  run.child.kill('SIGINT');
  await run.shows(/Once more quits at once/);
  setTimeout(() => run.child.kill('SIGTERM'), 700);
  const {code, stdout} = await run.ended;
  expect(code).toBe(143);
  expect(stdout).not.toContain('Stopped at');
});

test('after kill -9, --resume continues from the last checkpoint', async () => {
  project.config('steps: 500, saveEvery: 2, previewEvery: 0,');
  const run = startCli(project.folder, ['train']);
  await run.shows(/saved .*step-00000004/);
  run.child.kill('SIGKILL');
  expect((await run.ended).signal).toBe('SIGKILL');
  const {code, stdout} = await runAlone(project.folder, ['train', '--resume', '--steps', '12']);
  expect({code, stdout}).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/resumed from .*step-000000/),
  });
  expect(stepsOf()).toEqual(Array.from({length: 12}, (_, i) => i));
});
