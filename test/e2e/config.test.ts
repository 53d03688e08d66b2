import {chmodSync, readdirSync, readFileSync} from 'node:fs';
import {Project, runAlone, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/**
 * Runs `train` and expects the error with this code, without a stack and without a trace on the
 * disk.
 */
async function expectError(exit: number, code: string, parts: string[], args: string[] = [], run = runCli) {
  const before = readdirSync(project.folder).sort();
  const result = await run(project.folder, ['train', ...args]);
  expect({code: result.code, stderr: result.stderr}).toMatchObject({
    code: exit,
    stderr: expect.stringContaining(`Code: ${code} (see docs/errors/`),
  });
  for (const part of parts) expect(result.stderr).toContain(part);
  expect(result.stderr).not.toMatch(/^ {4}at /m);
  expect(readdirSync(project.folder).sort()).toEqual(before);
}

test('no configuration: a complete one to paste', () =>
  expectError(
    2,
    'RIFE_ERR_CLI_CONFIG_MISSING',
    ["import {defineConfig} from 'rife-train';", 'export default defineConfig({', '--config'],
    [],
    runAlone,
  ));

test('an unknown option', async () => {
  project.config('data: {...small, crp: 64},');
  await expectError(2, 'RIFE_ERR_CLI_OPTION_UNKNOWN', [
    'There is no option "data.crp"',
    'Did you mean "data.crop"?',
  ]);
});

test('an option of the wrong type', async () => {
  project.config("data: {...small, batch: '4'},");
  await expectError(2, 'RIFE_ERR_CLI_OPTION_VALUE', [
    '"data.batch" must be a whole number of at least 1, but got "4"',
    'batch: 4',
  ]);
});

test('a crop that is not a multiple of 32', async () => {
  project.config('data: {...small, crop: 100},');
  await expectError(2, 'RIFE_ERR_CLI_OPTION_VALUE', ['"data.crop" must be a multiple of 32', 'but got 100']);
});

test('a plugin that was not called', async () => {
  project.config('plugins: [gradClip],', "import {gradClip} from '@rife-train/plugin-gradclip';");
  await expectError(2, 'RIFE_ERR_PLUGIN_INVALID', [
    'gradClip',
    'was passed without calling it',
    'gradClip()',
  ]);
});

test('a plugin option out of range names the plugin', async () => {
  project.config(
    'plugins: [gradClip({maxNorm: 0})],',
    "import {gradClip} from '@rife-train/plugin-gradclip';",
  );
  await expectError(2, 'RIFE_ERR_PLUGIN_OPTION', ['rife:gradclip', 'maxNorm']);
});

test('a package that is not installed', async () => {
  project.config('', "import 'rife-train-plugin-nowhere';");
  await expectError(2, 'RIFE_ERR_CLI_CONFIG_LOAD', [
    'npm install rife-train-plugin-nowhere',
    project.path('rife.config.ts'),
  ]);
});

test('a configuration that throws is named by its own name', async () => {
  project.config('', "throw new Error('out of order');");
  await expectError(2, 'RIFE_ERR_CLI_CONFIG_LOAD', [
    `${project.path('rife.config.ts')} could not be loaded: out of order`,
  ]);
});

test('a syntax error is reported with its line', async () => {
  project.write('rife.config.ts', 'export default {\n  steps: = 1,\n};\n');
  await expectError(2, 'RIFE_ERR_CLI_CONFIG_LOAD', ['line 2, column 10']);
});

test('--debug adds the stack, with the name of the configuration', async () => {
  project.config('', "throw new Error('out of order');");
  const {code, stderr} = await runCli(project.folder, ['train', '--debug']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/rife\.config\.ts:\d+:\d+/);
});

// The superuser may write everywhere, so a read-only folder is not possible.
const asUser = process.getuid?.() === 0 ? test.skip : test;
if (process.getuid?.() === 0)
  console.warn('skipped: "a read-only folder", because the superuser can write to it');

asUser('a read-only folder', async () => {
  project.config();
  chmodSync(project.folder, 0o555);
  try {
    await expectError(2, 'RIFE_ERR_CLI_CONFIG_READ_ONLY', ['rife.config.mjs']);
  } finally {
    chmodSync(project.folder, 0o755);
  }
});

test('a rife.config.mjs beside rife.config.ts is left alone', async () => {
  project.config("data: {...small, root: './nowhere'},");
  project.write('rife.config.mjs', '// mine');
  await expectError(4, 'RIFE_ERR_DATA_ROOT', [project.path('nowhere')]);
  expect(readFileSync(project.path('rife.config.mjs'), 'utf8')).toBe('// mine');
});

test.each([
  ['rife.config.mjs', "export default {data: {root: './nowhere'}, steps: 1};"],
  ['rife.config.cjs', "module.exports = {data: {root: './nowhere'}, steps: 1};"],
  ['rife.config.json', '{"data": {"root": "./nowhere"}, "steps": 1}'],
])('%s is read; its paths are relative to it', async (name, source) => {
  project.write(`sub/${name}`, source);
  await expectError(4, 'RIFE_ERR_DATA_ROOT', [project.path('sub/nowhere')], ['--config', `sub/${name}`]);
});

test('doctor checks the configuration', async () => {
  project.config('data: {...small, crp: 64},');
  const {code, stdout} = await runCli(project.folder, ['doctor']);
  expect(code).toBe(2);
  expect(stdout).toMatch(/BAD +config .*Did you mean "data.crop"/);
});
