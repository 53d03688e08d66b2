import {Project, runAlone, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** Runs `train` with one plugin (source of its apply) and expects the error with this code. */
async function expectError(code: string, apply: string, parts: string[], options = '', run = runCli) {
  project.config(
    `steps: 1, previewEvery: 0, plugins: [bad()], ${options}`,
    `import {definePlugin} from '@rife-train/core';
    const bad = () => definePlugin({name: 'test:bad', apply({hooks}: any) { ${apply} }});`,
  );
  const {code: exit, stderr} = await run(project.folder, ['train']);
  expect({exit, stderr}).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining(`Code: ${code} (see docs/errors/taps.md#`),
  });
  for (const part of ['test:bad', ...parts]) expect(stderr).toContain(part);
  expect(stderr).not.toMatch(/^ {4}at /m);
}

test('a plugin that throws in a traced hook', () =>
  expectError('RIFE_ERR_PLUGIN', "hooks.afterLoss.tap('bad', () => { throw new Error('no luck'); });", [
    'afterLoss',
    'no luck',
  ]));

test('a plugin that returns a Promise from a traced hook', () =>
  expectError('RIFE_ERR_PLUGIN_RETURN', "hooks.afterLoss.tap('bad', async (loss: any) => loss);", [
    'afterLoss',
    'a Promise',
  ]));

test('a plugin that throws in apply', () =>
  expectError('RIFE_ERR_PLUGIN', "throw new Error('no luck');", ['apply()', 'no luck']));

test('a plugin that asks for a hook that does not exist', () =>
  expectError('RIFE_ERR_HOOK_UNKNOWN', "hooks.beforeStp.tap('bad', () => {});", ['beforeStp']));

test('a plugin that hangs and holds a timer does not keep the command from ending', () =>
  expectError(
    'RIFE_ERR_PLUGIN_HANGS',
    `hooks.beforeStep.tapPromise('bad', () => new Promise(() => setInterval(() => {}, 1000)));`,
    ['beforeStep', '0.5 s'],
    'hookTimeout: 0.5,',
    runAlone,
  ));

test('a timer that a plugin leaves running does not keep a finished run from ending', async () => {
  project.config(
    'steps: 1, previewEvery: 0, plugins: [forgets()],',
    `import {definePlugin} from '@rife-train/core';
    const forgets = () => definePlugin({name: 'test:forgets', apply({hooks}: any) {
      hooks.done.tap('forgets', () => void setInterval(() => {}, 1000));
    }});`,
  );
  const {code, stdout} = await runAlone(project.folder, ['train']);
  expect({code, stdout}).toMatchObject({code: 0, stdout: expect.stringContaining('step-00000001')});
});
