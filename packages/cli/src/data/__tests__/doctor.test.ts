/**
 * The command as a user calls it, in this process; test/e2e/dataDoctor.test.ts runs the built one.
 */
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {DataReport} from '@rife-train/dataset';
import sharp from 'sharp';
import {runData} from './runData.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-data-doctor-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const run = (...argv: string[]) => runData(folder, ...argv);

/** Frames of stripes, coarser with `seed`, that move. */
async function writeClip(name: string, seed: number, frames = 5, still = false) {
  const path = join(folder, name);
  mkdirSync(path, {recursive: true});
  for (let i = 0; i < frames; i++) {
    const shift = still ? 0 : 3 * i;
    const raw = Uint8Array.from({length: 96 * 64}, (_, at) => {
      const [x, y] = [(at % 96) - shift, Math.floor(at / 96)];
      return 128 + 50 * Math.sin(x / (3 + seed)) + 50 * Math.sin((y + x / 3) / (2 + seed));
    });
    await sharp(raw, {raw: {width: 96, height: 64, channels: 1}}).toFile(join(path, `${i + 1}.png`));
  }
}

beforeAll(async () => {
  for (const seed of [1, 2, 3]) await writeClip(`good/train/${seed}`, seed);
  for (const seed of [1, 2, 3]) await writeClip(`still/train/${seed}`, seed, 5, seed === 3);
  for (const seed of [1, 2, 3]) await writeClip(`bad/train/a&<b>${seed}`, seed);
  writeFileSync(join(folder, 'bad/train/a&<b>2/3.png'), 'x');
  await writeClip('bad/val/c', 1);
});

test('nothing wrong: exit code 0', async () => {
  const {code, out} = await run('doctor', 'good');
  expect(code).toBe(0);
  for (const text of [
    'train  3 clips, 15 frames',
    '64 x 96 (3)',
    'frames apart',
    '1: 100.0 %',
    'ms a triplet',
    'Nothing is wrong.',
  ])
    expect(out).toContain(text);
});

test('warnings change the exit code only with --strict', async () => {
  const {code, out} = await run('doctor', 'still');
  expect(code).toBe(0);
  expect(out).toContain('warning  static (1): nothing moves from the first frame to the last\n  train "3": ');
  expect(out).toMatch(/0 errors, 1 warning\.\n$/);
  expect((await run('doctor', 'still', '--strict')).code).toBe(1);
  expect((await run('doctor', 'good', '--strict')).code).toBe(0);
});

test('errors: exit code 1, and both files', async () => {
  const {code, out} = await run('doctor', 'bad', '--json', 'report.json', '--html', 'report.html');
  expect(code).toBe(1);
  expect(out).toContain('ERROR  unreadable (1)');
  expect(out).toContain('ERROR  leak (1)');
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as DataReport;
  expect(report).toMatchObject({
    format: 'rife-train/data-doctor',
    version: 1,
    counts: {errors: 2, warnings: 0},
  });
  expect(report.findings.map(({kind, clip, frame}) => [kind, clip, frame])).toEqual([
    ['unreadable', 'a&<b>2', 2],
    ['leak', 'c', undefined],
  ]);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toContain('train a&amp;&lt;b&gt;2');
  expect(page).not.toContain('<b>2');
  // The leak shows both clips, the fastest pairs two frames each.
  expect(page.match(/<img src="data:image\/webp;base64,/g)).toHaveLength(2 + 2 * report.fastest.length);
  expect(page).toContain('name="viewport"');
  expect(page).toContain('prefers-color-scheme:dark');
  expect(page).not.toMatch(/https?:|<script|src="(?!data:)/);
});

describe('the configuration', () => {
  const config = (data: object) =>
    writeFileSync(
      join(folder, 'rife.config.json'),
      JSON.stringify({data: {root: './good', ...data}, steps: 10}),
    );
  afterEach(() => rmSync(join(folder, 'rife.config.json')));

  test('gives root, gaps and crop', async () => {
    config({crop: 64, gaps: [1, 2]});
    const {code, out} = await run('doctor');
    expect(code).toBe(0);
    expect(out).toContain(join(folder, 'good'));
    expect(out).toContain('1: 50.0 %, 2: 50.0 %');
    config({crop: 96, gaps: [3, 3]});
    const strict = await run('doctor');
    expect(strict.code).toBe(1);
    expect(strict.out).toContain('ERROR  crop-size (3)');
    expect(strict.out).toContain('ERROR  too-short (3)');
    expect(strict.out).toContain("Gaps 3 to 3 can't be drawn");
  });

  test('does not matter beside a root, unless it is named', async () => {
    config({gaps: [3, 3]});
    expect((await run('doctor', 'good')).code).toBe(0);
    expect((await run('doctor', 'good', '--config', 'rife.config.json')).code).toBe(1);
  });
});

test.each([
  [['doctor'], 'RIFE_ERR_CLI_CONFIG_MISSING', 2],
  [['doctor', 'nowhere'], 'RIFE_ERR_DATA_ROOT', 4],
  [['doctor', 'good', '--sample', '0'], 'RIFE_ERR_CLI_USAGE', 2],
  [['doctor', 'good', '--json', 'a', '--html', 'a'], 'RIFE_ERR_CLI_USAGE', 2],
  [['doctor', 'good', '--json', 'none/a.json'], 'RIFE_ERR_CLI_REPORT', 2],
  [['doctor', 'good', '--html', 'good'], 'RIFE_ERR_CLI_REPORT', 2],
  [[], 'RIFE_ERR_CLI_USAGE', 2],
])('%j is refused', async (argv, error, expected) => {
  const {code, out, err} = await run(...argv);
  expect([code, out]).toEqual([expected, '']);
  expect(err).toContain(error);
});

test('a sample of the clips', async () => {
  const {out} = await run('doctor', 'good', '--sample', '2', '--seed', '7');
  expect(out).toContain('3 clips (2 looked at), 10 frames');
});
