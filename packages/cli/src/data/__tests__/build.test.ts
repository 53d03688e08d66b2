/**
 * The command as a user calls it, in this process. What is found in videos is tested in
 * packages/data.
 */
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {BuildReport} from '@rife-train/dataset';
import {main} from '../../program.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-data-build-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

async function run(...argv: string[]) {
  const texts = {out: '', err: ''};
  const code = await main(['data', 'build', ...argv], {
    cwd: folder,
    stdout: {write: text => (texts.out += text)},
    stderr: {write: text => (texts.err += text)},
  });
  return {code, ...texts};
}

beforeAll(() => {
  mkdirSync(join(folder, 'videos'));
  const demo = join(__dirname, '../../../../../examples/quickstart/clips/train/001/cam01.mp4');
  copyFileSync(demo, join(folder, 'videos/one.mp4'));
  writeFileSync(join(folder, 'videos/\u001bbad.mov'), 'x');
});

test('a dry run lists clips, and writes nothing but the report', async () => {
  const {code, out, err} = await run(
    'videos',
    '--out',
    'dry',
    '--length',
    '17',
    '--dry-run',
    '--json',
    'r.json',
  );
  expect(code).toBe(0);
  expect(out).toContain('../videos/one.mp4: 65 frames, 60.00 a second, 1 scene: 3 clips');
  expect(out).toContain('frames left out: 14 good, and left over');
  expect(out).toMatch(/^train\/one-001\/0000\d\d +\d+-\d+ /m);
  expect(out).toContain(`Would write 3 clips of 17 frames to ${join(folder, 'dry')}`);
  expect(out).toContain('Nothing is held back for validation: all clips are of one scene.');
  expect(err).toContain('warning: [rife:data] Video "');
  expect(out + err).not.toContain('\u001b');
  expect(existsSync(join(folder, 'dry'))).toBe(false);
  const report = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as BuildReport;
  expect(report).toMatchObject({version: 1, finished: false, settings: {length: 17, size: null}});
});

test('builds; a video that gives no clip is an error with --strict', async () => {
  const flags = ['--length', '21', '--size', '64x96', '--max-clips-per-scene', '1', '--format', 'webp'];
  const {code, out} = await run('videos', '--out', 'built', ...flags);
  expect(code).toBe(0);
  expect(out).toContain(`${join(folder, 'built')}: 1 clip of 21 frames written, 0 were there`);
  expect(out).toContain('In all: train 1 clip of 1 scene, val 0 clips of 0 scenes');
  const strict = await run('videos', '--out', 'built', ...flags, '--strict');
  expect(strict.code).toBe(1);
  expect(strict.out).toContain('0 clips of 21 frames written, 1 were there');
});

test.each([
  [['videos'], 'RIFE_ERR_CLI_USAGE', 2],
  [['--out', 'x'], 'RIFE_ERR_CLI_USAGE', 2],
  [['videos', '--out', 'x', '--size', '63'], 'RIFE_ERR_CLI_USAGE', 2],
  [['videos', '--out', 'x', '--fps', '30'], 'RIFE_ERR_CLI_USAGE', 2],
  [['videos', '--out', 'x', '--val', '1'], 'RIFE_ERR_DATA_BUILD_OPTION', 2],
  [['videos', '--out', 'x', '--json', 'none/r.json'], 'RIFE_ERR_CLI_REPORT', 2],
  [['nowhere.mp4', '--out', 'x'], 'RIFE_ERR_DATA_FILE', 4],
  [['videos/\u001bbad.mov', '--out', 'x'], 'RIFE_ERR_DATA_BUILD_NOTHING', 1],
])('%j is refused', async (argv, error, expected) => {
  const {code, out, err} = await run(...argv);
  expect([code, out]).toEqual([expected, '']);
  expect(err).toContain(error);
});
