import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {configFinding} from '../configFinding.js';
import {ffmpegFinding, sharpFinding} from '../decoders.js';
import {engineFinding} from '../engineFinding.js';
import {conclusion, findingText} from '../finding.js';
import {gpuFinding} from '../gpu.js';
import {diskFinding, nodeFinding, resourcesFinding} from '../machine.js';

const GIB = 2 ** 30;

test('a finding is a line, its details below', () => {
  expect(findingText({verdict: 'bad', name: 'engine', text: 'none', details: ['a\nb', 'c']})).toBe(
    `BAD   engine      none\n${['a', 'b', 'c'].map(line => ' '.repeat(18) + line).join('\n')}`,
  );
});

test('the conclusion names what is bad, and forgives notes', () => {
  const finding = (verdict: 'ok' | 'note' | 'bad', name: string) => ({verdict, name, text: ''});
  expect(conclusion([finding('ok', 'a'), finding('note', 'b')])).toBe('This machine can train.');
  expect(conclusion([finding('bad', 'a'), finding('bad', 'b')])).toBe('Not ready: see a, b.');
});

test('node names version and platform', () => {
  expect(nodeFinding('v20.19.1').text).toBe(`v20.19.1 on ${process.platform} ${process.arch}`);
});

test('too little memory is a note with advice', () => {
  expect(resourcesFinding(2, 8 * GIB, 16 * GIB)).toMatchObject({verdict: 'ok', name: 'machine'});
  const short = resourcesFinding(2, GIB, 16 * GIB);
  expect(short.verdict).toBe('note');
  expect(short.text).toContain('1.0 GiB of 16.0 GiB memory free');
  expect(short.details?.[0]).toContain('smaller crop');
});

test('disk space is reported; an unreadable one is a note', async () => {
  expect((await diskFinding('/', () => Promise.resolve(5 * GIB))).text).toBe('5.0 GiB free in /');
  expect((await diskFinding('/', () => Promise.resolve(GIB))).verdict).toBe('note');
  expect((await diskFinding(join(tmpdir(), 'rife-not-there'))).text).toContain('is not known: ');
  expect((await diskFinding(tmpdir())).text).toMatch(/^\d+\.\d GiB free/);
});

test('sharp: its versions, or how to install it', async () => {
  expect(await sharpFinding()).toMatchObject({
    verdict: 'ok',
    text: expect.stringMatching(/^\d+\.\d+\.\d+ \(libvips/) as string,
  });
  const broken = await sharpFinding(() => Promise.reject(new Error('Could not load the "sharp" module')));
  expect(broken.verdict).toBe('bad');
  expect(broken.details?.join()).toContain('Could not load');
});

test('no configuration is a note, a wrong one is bad', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rife-doctor-'));
  try {
    expect(await configFinding(folder)).toMatchObject({verdict: 'note'});
    expect(await configFinding(folder, 'x.ts')).toMatchObject({verdict: 'bad'});
    writeFileSync(join(folder, 'rife.config.json'), '{"data": {"root": "x"}, "steps": 3}');
    expect(await configFinding(folder)).toMatchObject({
      verdict: 'ok',
      text: expect.stringContaining('no plugins') as string,
    });
    writeFileSync(join(folder, 'rife.config.json'), '{"data": {"root": "x"}, "stps": 3}');
    expect((await configFinding(folder)).text).toContain('Did you mean "steps"?');
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('ffmpeg: where and which, or a note', async () => {
  const found = await ffmpegFinding(
    () => Promise.resolve('/bin/ffmpeg'),
    () => Promise.resolve('5.1'),
  );
  expect(found).toMatchObject({verdict: 'ok', text: '5.1 (/bin/ffmpeg)'});
  const missing = await ffmpegFinding(() => Promise.reject(new Error('none on the PATH')));
  expect(missing).toMatchObject({verdict: 'note', details: ['none on the PATH']});
});

test('engine: the one in use, and why the others are not', async () => {
  const finding = await engineFinding(() =>
    Promise.resolve([
      {name: 'folder', status: 'missing', detail: 'RIFE_TRAIN_ENGINE is not set'},
      {
        name: 'cache',
        status: 'found',
        detail: 'built before',
        path: '/cache',
        versions: {tensorflow: '2.21.0'},
      },
      {name: 'python', status: 'broken', detail: 'no TensorFlow', hint: 'pip install tensorflow-cpu'},
    ]),
  );
  expect(finding).toEqual({
    verdict: 'ok',
    name: 'engine',
    text: 'TensorFlow 2.21.0 (cache)',
    details: [
      '- folder: missing, RIFE_TRAIN_ENGINE is not set',
      '* cache: found, built before tensorflow 2.21.0\n    /cache',
      '- python: broken, no TensorFlow\n    pip install tensorflow-cpu',
    ],
  });
});

test('engine: to be installed is a note, none is bad, and so is a failing look', async () => {
  const wheel = {name: 'wheel', detail: 'tensorflow-cpu 2.21.0'} as const;
  expect(await engineFinding(() => Promise.resolve([{...wheel, status: 'found'}]))).toMatchObject({
    verdict: 'note',
  });
  expect(await engineFinding(() => Promise.resolve([{...wheel, status: 'missing'}]))).toMatchObject({
    verdict: 'bad',
  });
  expect(await engineFinding(() => Promise.reject(new Error('odd')))).toMatchObject({verdict: 'bad'});
});

describe('gpu', () => {
  const TWO = [
    '0, NVIDIA H200, 143771 MiB, 9.0, 550.54.15',
    '1, NVIDIA H200, 143771 MiB, 9.0, 550.54.15',
    '',
  ].join('\n');
  const finding = (output: string, env = {}) =>
    gpuFinding({cwd: tmpdir(), ask: () => Promise.resolve(output), env});

  test('those of the driver, those that a run sees, and the settings', async () => {
    const {verdict, text, details} = await finding(TWO, {CUDA_VISIBLE_DEVICES: '1'});
    expect([verdict, text]).toEqual(['ok', '2, driver 550.54.15; a run sees 1']);
    expect(details).toEqual([
      '0  NVIDIA H200, 143771 MiB, compute capability 9.0',
      '1  NVIDIA H200, 143771 MiB, compute capability 9.0',
      'settings: memory growth, tf32 true, layout nhwc, autotune true, deterministic false',
    ]);
  });

  test('a variable that overrules a setting is named', async () => {
    const {details} = await finding(TWO, {TF_DETERMINISTIC_OPS: '1'});
    expect(details?.at(-1)).toBe('the environment overrules it: TF_DETERMINISTIC_OPS=1');
  });

  test('an old driver and hidden GPUs are noted; none at all is fine', async () => {
    const old = await finding('0, Tesla T4, 15360 MiB, 7.5, 470.82.01\n');
    expect([old.verdict, old.details?.at(-1)]).toEqual(['note', 'TensorFlow needs driver 525 or newer.']);
    expect((await finding(TWO, {CUDA_VISIBLE_DEVICES: ''})).text).toContain('a run sees none');
    const none = gpuFinding({cwd: tmpdir(), ask: () => Promise.reject(new Error('ENOENT'))});
    expect(await none).toMatchObject({verdict: 'ok', text: expect.stringContaining('none') as string});
  });

  test('the settings are those of the configuration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rife-doctor-'));
    try {
      const config = {data: {root: 'x'}, steps: 3, gpu: {tf32: false, layout: 'nchw'}};
      writeFileSync(join(folder, 'rife.config.json'), JSON.stringify(config));
      const {details} = await gpuFinding({cwd: folder, ask: () => Promise.resolve(TWO), env: {}});
      expect(details?.at(-1)).toContain('tf32 false, layout nchw');
    } finally {
      rmSync(folder, {recursive: true});
    }
  });
});
