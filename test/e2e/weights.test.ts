/** Reading and writing weights with the built command. */
import {existsSync, readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import {
  readWeights,
  specsOf,
  type WeightsFormat,
  type WeightTensor,
  writeWeights,
} from '@rife-train/model/weights';
import {Project, runAlone, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

const WIDTHS = [16, 12, 8];
const OPTIONS = {name: 'IFNet', scales: [4, 2, 1], widths: WIDTHS};
/** A small network: these tests are about its weights. */
const SMALL = `steps: 2, saveEvery: 1, previewEvery: 0, model: {widths: ${JSON.stringify(WIDTHS)}},`;

const {sin} = Math;
function floats(shape: readonly number[], value: (i: number) => number): WeightTensor {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) values[i] = value(i);
  return {dtype: 'F32', shape: [...shape], bytes: new Uint8Array(values.buffer)};
}
/** Weights small enough to train with. */
const tensors = () =>
  new Map(specsOf(OPTIONS).map(({name, fileShape}, k) => [name, floats(fileShape, i => sin(k + i) / 40)]));
const isTeacher = (name: string) => name.startsWith('block_tea.');
const partial = () => new Map([...tensors()].filter(([name]) => !isTeacher(name)));

/** Writes a weights file into the project's folder; the format by its extension. */
async function save(name: string, content: ReadonlyMap<string, WeightTensor>, format?: WeightsFormat) {
  const path = project.path(name);
  await writeWeights(path, content, {format: format ?? (name.endsWith('.pkl') ? 'zip' : 'safetensors')});
  return path;
}
const weights = (...args: string[]) => runCli(project.folder, ['weights', ...args]);
const train = (...args: string[]) => runCli(project.folder, ['train', ...args]);

/** The tensors of a file as text to compare: names, types, shapes and bytes. */
async function contentOf(name: string) {
  const {tensors: read} = await readWeights(project.path(name));
  return [...read].map(
    ([tensor, {dtype, shape, bytes}]) =>
      `${tensor} ${dtype} ${shape.join('x')} ${Buffer.from(bytes).toString('base64')}`,
  );
}

test('.pkl -> .safetensors -> .pkl keeps names, order and bytes, for both formats of PyTorch', async () => {
  for (const format of ['zip', 'legacy'] as const) {
    const from = `${format}.pkl`;
    await save(from, tensors(), format);
    expect(await weights('convert', from, `${format}.safetensors`)).toMatchObject({code: 0, stderr: ''});
    expect((await weights('convert', `${format}.safetensors`, `back-${from}`, '--format', format)).code).toBe(
      0,
    );
    expect(await contentOf(`back-${from}`)).toEqual(await contentOf(from));
    expect((await contentOf(from))[0]).toMatch(/^module\.block0\.conv0\.0\.0\.weight F32 8x6x3x3 /);
    expect((await contentOf(`${format}.safetensors`))[0]).toMatch(/^block0\.conv0\.0\.0\.weight F32 /);
    expect(await weights('diff', from, `${format}.safetensors`)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Equal.'),
    });
  }
});

test('inspect and diff report what a partial file lacks', async () => {
  await save('whole.safetensors', tensors());
  await save('partial.pkl', partial());
  const {code, stdout} = await weights('inspect', 'partial.pkl');
  expect(code).toBe(0);
  expect(stdout).toContain("IFNet, widths 16, 12, 8 (not the reference's blocks)");
  expect(stdout).toContain('missing    block_tea: 32 of 32 tensors missing\n');
  expect(await weights('diff', 'whole.safetensors', 'partial.pkl')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('only in a  block_tea: 32 tensors'),
  });
});

test('these commands load no TensorFlow', async () => {
  await save('a.pkl', tensors());
  const refuse =
    'export async function resolve(name, context, next) {' +
    ' if (/tensorflow/.test(name)) throw new Error(`wanted ${name}`); return next(name, context); }';
  const hook = project.write(
    'hook.mjs',
    `import {register} from 'node:module';
     register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(refuse)}));`,
  );
  // As a URL, which has no spaces.
  const env = {NODE_OPTIONS: `--import ${pathToFileURL(hook).href}`};
  const run = (...args: string[]) => runAlone(project.folder, args, env);
  expect(await run('weights', 'convert', 'a.pkl', 'a.safetensors')).toMatchObject({code: 0, stderr: ''});
  expect(await run('weights', 'inspect', 'a.pkl')).toMatchObject({code: 0, stderr: ''});
  expect(await run('weights', 'diff', 'a.pkl', 'a.safetensors')).toMatchObject({code: 0, stderr: ''});
  // The hook really gets the loaded weights.
  project.config(SMALL);
  expect((await run('train')).stderr).toContain('wanted @tensorflow/tfjs-core');
});

test('init from a .pkl without teacher: trains, says what stays fresh, and the checkpoints where it is from', async () => {
  project.write('weights/README', 'The path below is relative to the configuration.');
  await save('weights/student.pkl', partial());
  project.config(`${SMALL} init: 'weights/student.pkl',`);
  const {code, stdout, stderr} = await train();
  expect({code, stderr}).toMatchObject({code: 0});
  expect(stdout).toContain(
    `init: 158 of 190 tensors from ${project.path('weights/student.pkl')} (PyTorch, prefix module.)\n  stays fresh: block_tea: 32 of 32 tensors missing\n`,
  );
  expect(stdout).toContain('Finished at step 2 of 2');

  // The first checkpoint holds the initial weights.
  const begun = await readWeights(project.path('run/checkpoints/step-00000000/weights.safetensors'));
  for (const [name, {bytes}] of partial())
    expect([name, Buffer.compare(begun.tensors.get(name)!.bytes, bytes)]).toEqual([name, 0]);
  expect(begun.tensors.get('block_tea.lastconv.weight')!.bytes.some(byte => byte !== 0)).toBe(true);
  const state = JSON.parse(
    readFileSync(project.path('run/checkpoints/step-00000002/state.json'), 'utf8'),
  ) as {
    config: {init: object};
  };
  expect(state.config.init).toMatchObject({path: project.path('weights/student.pkl'), tensors: 158});
  expect(await weights('diff', 'run/checkpoints/step-00000000', 'run')).toMatchObject({code: 1});

  // A resumed run continues from the checkpoint; the file is not even looked for.
  const resumed = await train('--resume', '--steps', '3', '--init', 'gone.pkl');
  expect(resumed).toMatchObject({code: 0, stdout: expect.stringContaining('resumed from')});
  expect(resumed.stdout).toMatch(
    /warning: init ".*gone\.pkl" is not read: the run began with ".*student\.pkl"/,
  );
  const again = await train('--resume', '--steps', '4');
  expect(again.stdout).toContain('student.pkl" is not read again: the checkpoint goes on');

  // The weights of a run start another one.
  const second = await train('--init', 'run', '--out', 'second', '--steps', '1');
  expect(second).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /init: all 190 tensors from .*step-00000004\/weights\.safetensors \(safetensors\)/,
    ),
  });
});

test('other shapes stay fresh and are reported with both', async () => {
  await save('whole.safetensors', tensors());
  project.config(
    `${SMALL} steps: 1, model: {name: 'IFNet_m', widths: ${JSON.stringify(WIDTHS)}}, init: 'whole.safetensors',`,
  );
  const {code, stdout} = await train();
  expect(code).toBe(0);
  expect(stdout).toContain('init: 186 of 190 tensors');
  expect(stdout).toContain('block0.conv0.0.0.weight is [8, 6, 3, 3], not [8, 7, 3, 3]');
});

describe('weights that cannot be used: a code, exit code 4, and nothing is written', () => {
  /** The legacy format has no checksum that would fail first. */
  async function hostile() {
    const path = await save('hostile.pkl', new Map([['unet.conv.bias', floats([3], () => 1)]]), 'legacy');
    const content = readFileSync(path).toString('latin1');
    const changed = content.replaceAll('torch._utils\n_rebuild_tensor_v2\n', 'posix\nsystem\n');
    expect(changed).not.toBe(content);
    project.write('hostile.pkl', Buffer.from(changed, 'latin1'));
  }
  const broken = () => {
    const content = tensors();
    content.set(
      'unet.conv.bias',
      floats([3], () => NaN),
    );
    return content;
  };

  test.each<[string, string, string, () => Promise<unknown>]>([
    ['a global that is not allowed', 'RIFE_ERR_WEIGHTS_GLOBAL', 'posix.system', hostile],
    ['no file', 'RIFE_ERR_WEIGHTS_READ', 'ENOENT', async () => undefined],
    ['NaN', 'RIFE_ERR_INIT_NON_FINITE', '"unet.conv.bias"', () => save('hostile.pkl', broken())],
    [
      'nothing that fits',
      'RIFE_ERR_INIT_UNUSABLE',
      'not used: vgg: 1 tensor (vgg.weight)',
      () => save('hostile.pkl', new Map([['vgg.weight', floats([3], () => 1)]])),
    ],
  ])('%s', async (_what, error, message, prepare) => {
    project.config(SMALL);
    await prepare();
    const {code, stderr} = await train('--init', 'hostile.pkl');
    expect({code, stderr}).toMatchObject({code: 4, stderr: expect.stringContaining(error)});
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(existsSync(project.path('run'))).toBe(false);
  });

  test('inspect and convert refuse the global, too', async () => {
    await hostile();
    for (const args of [
      ['inspect', 'hostile.pkl'],
      ['convert', 'hostile.pkl', 'x.safetensors'],
    ])
      expect(await weights(...args)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('RIFE_ERR_WEIGHTS_GLOBAL'),
      });
    expect(existsSync(project.path('x.safetensors'))).toBe(false);
  });
});
