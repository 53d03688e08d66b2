import {mkdtempSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {loadConfig} from '../loadConfig.js';

// Configurations that are programs are loaded by test/e2e: jest can't import ESM at run time.
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-config-'))));
afterEach(() => rmSync(folder, {recursive: true}));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

test('paths are relative to the file, not to the folder of the command', async () => {
  mkdirSync(join(folder, 'sub'));
  write('sub/rife.config.json', '{"data": {"root": "clips"}, "steps": 3, "out": "../runs/a"}');
  const {path, config} = await loadConfig(folder, 'sub/rife.config.json');
  expect(path).toBe(join(folder, 'sub/rife.config.json'));
  expect([config.data.root, config.out]).toEqual([join(folder, 'sub/clips'), join(folder, 'runs/a')]);
});

test('without "out", it lies beside the file; absolute paths stay', async () => {
  write('rife.config.json', '{"data": {"root": "/clips"}, "steps": 3}');
  const {config} = await loadConfig(folder);
  expect([config.data.root, config.out]).toEqual(['/clips', join(folder, 'runs/run-0001')]);
  expect(config).not.toHaveProperty('init');
});

test('init is relative to the file, too', async () => {
  write('rife.config.json', '{"data": {"root": "/clips"}, "steps": 3, "init": "weights/flownet.pkl"}');
  expect((await loadConfig(folder)).config.init).toBe(join(folder, 'weights/flownet.pkl'));
});

test('so are paths among the options of the network', async () => {
  const model = {name: 'RIFE4', version: '4.0', vgg: 'weights/vgg19.pth', terms: {vgg: 1}};
  write('rife.config.json', JSON.stringify({data: {root: '/clips'}, steps: 3, model}));
  expect((await loadConfig(folder)).config.model).toEqual({
    ...model,
    vgg: join(folder, 'weights/vgg19.pth'),
  });
});

test('no configuration: says what to write', async () => {
  await expect(loadConfig(folder)).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_CONFIG_MISSING',
    message: expect.stringContaining(
      "import {defineConfig} from 'rife-train';\n\nexport default defineConfig({\n",
    ) as string,
  });
});

test('a named file that is not there', async () => {
  await expect(loadConfig(folder, 'my.config.ts')).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_CONFIG_NOT_FOUND',
    message: expect.stringContaining(join(folder, 'my.config.ts')) as string,
  });
});

test('a folder is no configuration', async () => {
  await expect(loadConfig(folder, '.')).rejects.toMatchObject({code: 'RIFE_ERR_CLI_CONFIG_NOT_FOUND'});
});

test('a broken file is named, with the place', async () => {
  write('rife.config.json', '{"steps": }');
  await expect(loadConfig(folder)).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_CONFIG_LOAD',
    message: expect.stringContaining('rife.config.json') as string,
  });
});

test('an empty file is not an object', async () => {
  write('rife.config.json', '');
  await expect(loadConfig(folder)).rejects.toMatchObject({code: 'RIFE_ERR_CLI_CONFIG_SHAPE'});
});

test('a syntax error in TypeScript is reported with its line', async () => {
  write('rife.config.ts', 'export default {\n  steps: = 3,\n};\n');
  await expect(loadConfig(folder)).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_CONFIG_LOAD',
    message: expect.stringContaining('line 2, column 10: Unexpected "="') as string,
  });
});

test('an unknown extension is refused, and the known ones are named', async () => {
  write('rife.config.toml', 'steps = 3');
  await expect(loadConfig(folder, 'rife.config.toml')).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_CONFIG_LOAD',
    message: expect.stringContaining('.ts, .mts, .js, .mjs, .cjs, .json, .yaml, .yml') as string,
  });
});

test('YAML is read, and a mistake in it is reported with its line', async () => {
  write('rife.config.yaml', 'data:\n  root: /clips\nsteps: 3\n');
  expect((await loadConfig(folder)).config).toMatchObject({steps: 3, data: {root: '/clips'}});
  write('broken.yml', 'data:\n  root: [/clips\n');
  await expect(loadConfig(folder, 'broken.yml')).rejects.toMatchObject({code: 'RIFE_ERR_CLI_CONFIG_LOAD'});
});

test('nothing but the named file is read', async () => {
  write('named.json', '{"data": {"root": "/clips"}, "steps": 3}');
  mkdirSync(join(folder, '.config'));
  write('package.json', '{"name": ');
  write('.config/config.cjs', "throw new Error('this ran');");
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect((await loadConfig(folder, 'named.json')).config.steps).toBe(3);
  } finally {
    process.chdir(before);
  }
});
