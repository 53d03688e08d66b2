import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {findFfmpeg, resolveOptions, type BatchSourceOptions} from '..';
import {defaultWorkers, DecodePool} from '../loader/pool';
import {workerFile} from '../loader/workerFile';
import {rejection, tempFolder} from './support';

const resolved = async (options: unknown) => resolveOptions(options as BatchSourceOptions);

describe('options', () => {
  test('defaults', async () => {
    const options = await resolved({root: 'clips'});
    expect(options).toMatchObject({
      split: 'train',
      batch: 4,
      crop: [224, 224],
      gaps: [1, 1],
      timestep: 'middle',
      seed: 1234,
      prefetch: 4,
    });
    expect(options).toMatchObject({augment: {}, onBadClip: 'error', workers: defaultWorkers()});
    expect(options.policyAt(7)).toEqual({minGap: 1, maxGap: 1});
    expect([1, 2, 16, 64].map(defaultWorkers)).toEqual([1, 1, 8, 8]);
  });

  test.each([
    ['root', ''],
    ['split', 'test'],
    ['batch', 0],
    ['batch', '4'],
    ['gaps', [2, 1]],
    ['gaps', [0, 1]],
    ['gaps', 3],
    ['timestep', 'Any'],
    ['timestep', 0.5],
    ['seed', -1],
    ['seed', 2 ** 32],
    ['workers', 1.5],
    ['prefetch', 0],
    ['augment', 'yes'],
    ['onBadClip', 'ignore'],
    ['crop', [64]],
  ])('data.%s = %j is refused by name', async (option, value) => {
    const {code, message} = await rejection(resolved({root: 'clips', [option]: value}));
    expect(code).toBe('RIFE_ERR_DATA_OPTION');
    expect(message).toContain(`data.${option} is ${JSON.stringify(value)}`);
  });

  test.each([[100], [32], [0], [[64, 65]], ['128'], [NaN]])('a crop of %j', async crop => {
    expect((await rejection(resolved({root: 'clips', crop}))).code).toBe('RIFE_ERR_DATA_CROP');
  });
});

describe('ffmpeg', () => {
  const packaged = async () => '/packaged/ffmpeg';
  const missing = async () => {
    throw new Error("Cannot find module '@ffmpeg-installer/ffmpeg'");
  };

  test('comes from the PATH first', async () => {
    const folder = tempFolder();
    const path = join(folder, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
    writeFileSync(path, '');
    chmodSync(path, 0o755);
    expect(await findFfmpeg(`/nowhere${process.platform === 'win32' ? ';' : ':'}${folder}`, packaged)).toBe(
      path,
    );
  });

  test('then from the npm package, whose executable bit may be lost', async () => {
    const path = join(tempFolder(), 'packaged');
    writeFileSync(path, '', {mode: 0o644});
    expect(await findFfmpeg('', async () => path)).toBe(path);
    expect(await findFfmpeg('')).toMatch(/ffmpeg/);
  });

  test('or is asked for', async () => {
    const {code, message} = await rejection(findFfmpeg('/nowhere', missing));
    expect(code).toBe('RIFE_ERR_DATA_FFMPEG');
    expect(message).toContain('npm install @ffmpeg-installer/ffmpeg');
  });
});

describe('workers', () => {
  test('a package that was not compiled', () => {
    expect(() => workerFile('loader/decodeWorker.js', tempFolder())).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_DATA_WORKER_FILE'}),
    );
    expect(workerFile()).toMatch(/dist.loader.decodeWorker\.js$/);
  });

  test('a thread that dies', async () => {
    const file = join(tempFolder(), 'dies.mjs');
    writeFileSync(file, 'export default () => process.exit(3);');
    const pool = new DecodePool(1, file);
    expect((await rejection(pool.decode([], pool.generation))).code).toBe('RIFE_ERR_DATA_WORKER');
    await pool.close();
    expect(await pool.decode([], pool.generation)).toEqual({status: 'dropped'});
  });
});

test.each([
  ['data', ['options', 'badClips', 'batchSource', 'frames', 'layout', 'plan', 'pool', 'scan']],
  [
    'dataPack',
    ['pack', '../../../dataset/src/pack/__tests__/packClips', '../loader/cache/__tests__/cachedTraining'],
  ],
])(
  'every error code of %s is documented, triggered by a test, and nothing else is documented',
  (part, suites) => {
    const read = (...path: string[]) => readFileSync(join(__dirname, ...path), 'utf8');
    const codesIn = (text: string, pattern: RegExp) =>
      [...new Set([...text.matchAll(pattern)].map(match => match[1]!))].sort();
    const codes = codesIn(read(`../../../errors/src/${part}.ts`), /code: '(\w+)'/g);
    expect(codes.length).toBeGreaterThan(0);
    expect(codesIn(read(`../../../../docs/errors/${part}.md`), /^## (\w+)/gm)).toEqual(codes);
    const tests = suites.map(name => read(`${name}.test.ts`)).join('\n');
    expect(codes.filter(code => !tests.includes(`'${code}'`))).toEqual([]);
  },
);
