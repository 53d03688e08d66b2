/** `data pack` as a user calls it, in this process; the packing threads run the built package. */
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {scanClips} from '@rife-train/data';
import sharp from 'sharp';
import {EXIT} from '../../exitCodes.js';
import {runData} from './runData.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-pack-'))));
afterEach(() => rmSync(folder, {recursive: true, force: true}));

async function run(...argv: string[]) {
  const result = await runData(folder, ...argv);
  return {...result, lines: result.out.trim().split('\n')};
}

async function clip(path: string, frames = 3): Promise<void> {
  mkdirSync(join(folder, path), {recursive: true});
  for (let i = 0; i < frames; i++)
    await sharp({create: {width: 40, height: 32, channels: 3, background: {r: 9 * i, g: 7, b: 0}}})
      .png()
      .toFile(join(folder, path, `${i}.png`));
}

test('packs both splits, and says what came of it', async () => {
  await clip('clips/train/a');
  await clip('clips/train/b');
  await clip('clips/val/c', 4);
  const {code, err, lines} = await run('pack', 'clips', '--out', 'packed', '--jobs', '2');
  expect([code, err]).toEqual([EXIT.ok, '']);
  expect(lines[0]).toBe('Packing 3 clips into packed (deflate), 2 threads');
  expect(lines.at(-3)).toMatch(/^ {2}3\/3 {2}(train|val)\/[abc] {2}packed, 0\.0 MB to 0\.0 MB$/);
  expect(lines.at(-2)).toBe('3 clips: 3 packed, 0 kept');
  expect(lines.at(-1)).toMatch(/^10 frames, 0\.0 MB in, 0\.0 MB out \(\d+ %\), \d+s$/);
  expect((await scanClips(join(folder, 'packed'), 'train')).map(({id}) => id)).toEqual(['a', 'b']);
  expect((await run('pack', 'clips', '--out', 'packed')).lines.at(-2)).toBe('3 clips: 0 packed, 3 kept');
  expect((await run('pack', 'clips', '--out', 'packed', '--force', '--split', 'val')).lines.at(-2)).toBe(
    '1 clip: 1 packed, 0 kept',
  );
});

test('codec, verify', async () => {
  await clip('clips/a');
  await run('pack', 'clips', '--out', 'packed', '--codec', 'raw');
  const path = join(folder, 'packed/train/a.rifeclip');
  const bytes = readFileSync(path);
  expect(bytes.length).toBeGreaterThan(3 * 40 * 32 * 3);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  const {code, out, lines} = await run('pack', 'clips', '--out', 'packed', '--codec', 'raw', '--verify');
  expect(code).toBe(EXIT.ok);
  expect(out).toMatch(
    /1\/1 {2}train\/a {2}packed, .*; replaced: .*in frame 2, tile 0: the checksum is wrong/,
  );
  expect(lines.at(-2)).toBe('1 clip: 1 packed, 1 of them in place of a damaged one, 0 kept');
});

test('a clip that can not be read is named, and the exit code shows it', async () => {
  for (const id of ['a', 'b', 'c']) await clip(`clips/${id}`, 5);
  writeFileSync(join(folder, 'clips/a/1.png'), 'no image');
  writeFileSync(join(folder, 'clips/b/0.png'), 'no image');
  const {code, err, lines} = await run('pack', 'clips', '--out', 'packed');
  expect(code).toBe(EXIT.data);
  const failures = err.trimEnd().split('\n');
  expect(failures).toHaveLength(2);
  expect(failures[0]).toMatch(/^ {2}\d\/2 {2}train\/a {2}left out: .*a\/1\.png.*\(RIFE_ERR_DATA_FRAME\)$/);
  expect(failures[1]).toMatch(/^ {2}b {2}left out: .*b\/0\.png.*\(RIFE_ERR_DATA_FRAME\)$/);
  expect(lines.at(-2)).toBe('3 clips: 1 packed, 0 kept, 2 left out');
  expect(existsSync(join(folder, 'packed/train/c.rifeclip'))).toBe(true);
});

test.each([
  [['pack'], EXIT.usage, 'RIFE_ERR_CLI_USAGE'],
  [['pack', 'clips'], EXIT.usage, 'RIFE_ERR_CLI_USAGE'],
  [['pack', 'clips', '--out', 'packed', '--codec', 'qoi'], EXIT.usage, 'RIFE_ERR_CLI_USAGE'],
  [['pack', 'clips', '--out', 'packed', '--jobs', '0'], EXIT.usage, 'RIFE_ERR_CLI_USAGE'],
  [['pack', 'clips', '--out', 'clips/packed'], EXIT.usage, 'RIFE_ERR_DATA_PACK_TARGET'],
  [['pack', 'nowhere', '--out', 'packed'], EXIT.data, 'RIFE_ERR_DATA_ROOT'],
  [['pack', 'clips', '--out', 'file'], EXIT.failed, 'RIFE_ERR_DATA_PACK_WRITE'],
])('%j ends with %i, %s', async (argv, code, name) => {
  await clip('clips/a');
  writeFileSync(join(folder, 'file'), '');
  const ended = await run(...argv);
  expect(ended.code).toBe(code);
  expect(ended.err).toContain(`Code: ${name} `);
});
