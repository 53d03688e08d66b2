import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createPlugin, fillIn, nextCommands} from '../createPlugin.js';
import {main} from '../main.js';
import {pluginNames} from '../names.js';

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'rife-create-'))));
afterEach(() => rmSync(cwd, {recursive: true, force: true}));

/** Runs the command and collects what it prints. */
async function run(...argv: string[]) {
  const text = {stdout: '', stderr: ''};
  const code = await main(argv, {
    cwd,
    stdout: {write: (part: string) => (text.stdout += part)},
    stderr: {write: (part: string) => (text.stderr += part)},
  });
  return {code, ...text};
}

describe('names', () => {
  test.each([
    ['soft-start', 'rife-train-plugin-soft-start', 'community:soft-start', 'softStart'],
    ['rife-train-plugin-x2', 'rife-train-plugin-x2', 'community:x2', 'x2'],
    ['@you/edge', '@you/rife-train-plugin-edge', 'you:edge', 'edge'],
    ['@you/rife-train-plugin-edge', '@you/rife-train-plugin-edge', 'you:edge', 'edge'],
  ])('%s', (name, packageName, plugin, factory) => {
    expect(pluginNames(name)).toMatchObject({package: packageName, plugin, factory});
  });

  test('of types and log keys', () => {
    expect(pluginNames('soft-start')).toMatchObject({type: 'SoftStart', short: 'soft-start'});
  });

  test.each([
    '',
    'Soft',
    'soft_start',
    'soft--start',
    '-soft',
    '2x',
    '../x',
    'a/b',
    '@/x',
    '@you',
    '@you/',
    '@You/x',
    'rife-train-plugin-',
    'new',
    'rife-train-plugin-default',
    'x\n',
    'x'.repeat(200),
  ])('%j is refused', async name => {
    expect(() => pluginNames(name)).toThrow(expect.objectContaining({code: 'RIFE_ERR_CREATE_NAME'}));
    await expect(createPlugin({name, cwd})).rejects.toMatchObject({code: 'RIFE_ERR_CREATE_NAME'});
    expect(readdirSync(cwd)).toEqual([]);
  });
});

test('a package is written whole', async () => {
  const created = await createPlugin({name: '@you/soft-start', cwd});
  expect(created.folder).toBe(join(cwd, 'rife-train-plugin-soft-start'));
  expect(readdirSync(cwd)).toEqual(['rife-train-plugin-soft-start']);
  expect(created.files).toEqual([
    '.gitignore',
    'LICENSE',
    'README.md',
    'package.json',
    'src/__tests__/plugin.test.ts',
    'src/index.ts',
    'tsconfig.json',
  ]);
  for (const file of created.files)
    expect(readFileSync(join(created.folder, file), 'utf8')).not.toMatch(/\{\{|undefined/);
});

test('its package.json follows the rules of plugins', async () => {
  const {folder} = await createPlugin({name: 'edge', folder: 'deep/er', cwd});
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const own = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {version: string};
  expect(manifest).toMatchObject({
    name: 'rife-train-plugin-edge',
    type: 'module',
    keywords: expect.arrayContaining(['rife-train-plugin']),
    peerDependencies: {'@rife-train/core': `^${own.version}`, '@tensorflow/tfjs-core': expect.any(String)},
    devDependencies: {'@rife-train/testing': `^${own.version}`},
  });
  expect(Object.keys(manifest['dependencies'] as object)).toEqual(['zod']);
});

test('a folder that exists is not touched', async () => {
  mkdirSync(join(cwd, 'rife-train-plugin-edge'));
  writeFileSync(join(cwd, 'file'), 'mine');
  await expect(createPlugin({name: 'edge', cwd})).rejects.toMatchObject({code: 'RIFE_ERR_CREATE_EXISTS'});
  await expect(createPlugin({name: 'edge', folder: 'file', cwd})).rejects.toMatchObject({
    code: 'RIFE_ERR_CREATE_EXISTS',
  });
  expect(readdirSync(join(cwd, 'rife-train-plugin-edge'))).toEqual([]);
  expect(readFileSync(join(cwd, 'file'), 'utf8')).toBe('mine');
});

test('a folder that cannot be written leaves no partial package', async () => {
  writeFileSync(join(cwd, 'file'), '');
  await expect(createPlugin({name: 'edge', folder: 'file/edge', cwd})).rejects.toMatchObject({
    code: 'RIFE_ERR_CREATE_FAILED',
    cause: expect.objectContaining({code: expect.stringMatching(/ENOTDIR|EEXIST/)}),
  });
  expect(readdirSync(cwd)).toEqual(['file']);
});

test('placeholders are filled in; an unknown one is a mistake', () => {
  expect(fillIn('a {{x}} b {{x}}{{y}}', {x: '1', y: '2'})).toBe('a 1 b 12');
  expect(() => fillIn('{{z}}', {})).toThrow('"z"');
});

describe('the command', () => {
  test('says what to type next', async () => {
    const {code, stdout, stderr} = await run('soft-start', 'here');
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    const root = join(__dirname, '../../../..');
    expect(stdout).toContain(
      `Wrote rife-train-plugin-soft-start to here.\n\n  cd here\n  npm run tarballs --prefix ${root}\n  npm install --no-save ${root}/tarballs/*.tgz\n  npm test\n`,
    );
    expect(stdout).toContain('softStart()');
    expect(existsSync(join(cwd, 'here/src/index.ts'))).toBe(true);
  });

  test('paths outside of the folder are shown whole', async () => {
    const created = await createPlugin({name: 'edge', cwd});
    expect(nextCommands(created, join(cwd, 'else')).join()).toContain(`cd ${created.folder}`);
  });

  test.each([
    [[], 'RIFE_ERR_CLI_USAGE'],
    [['a', 'b', 'c'], 'RIFE_ERR_CLI_USAGE'],
    [['--nope'], 'RIFE_ERR_CLI_USAGE'],
    [['Bad'], 'RIFE_ERR_CREATE_NAME'],
  ])('%j is refused', async (argv, errorCode) => {
    const {code, stderr} = await run(...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(`Code: ${errorCode}`);
  });

  test('--help', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('<name>'),
      stderr: '',
    });
    expect(readdirSync(cwd)).toEqual([]);
  });
});
