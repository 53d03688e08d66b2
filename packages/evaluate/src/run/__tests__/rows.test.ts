import {appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {FrameResult, Identity} from '../../report/result.js';
import {openRows} from '../rows.js';

const identity: Identity = {
  ...{
    command: 'rife-train eval',
    version: '0.1.0',
    set: 'middlebury',
    root: '/data',
    files: 'ab',
    protocol: 'rife',
  },
  metrics: ['psnr'],
  network: {name: 'IFNet', file: 'flownet.pkl', sha256: 'cd'},
  options: {scale: 1},
  machine: {node: 'v22'},
};

const frameOf = (pair: string, psnr: number): FrameResult => ({
  ...{pair, target: `${pair}/1`, group: 'NaN', part: '', t: 0.5, gap: 1, motion: 2},
  scores: {network: {psnr}, mean: {psnr: 20}},
});
const cost = {networkSeconds: 1, metricSeconds: 2};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-rows-'))));
afterEach(() => rmSync(folder, {recursive: true, force: true}));

test('scores come back to the bit, infinite ones too, and a torn last line does not', async () => {
  const frames = [frameOf('a', 1 / 3), frameOf('b', Infinity)];
  const rows = await openRows(folder, identity, false);
  for (const frame of frames) rows.add({frames: [frame], cost});
  expect(rows.frames).toEqual(frames);
  rows.close();
  appendFileSync(join(folder, 'frames.jsonl'), '{"frames":[{"pair":"c"');
  const again = await openRows(folder, {...identity, command: 'another', machine: {}}, false);
  again.close();
  expect(again.frames).toEqual(frames);
  expect(again.cost).toEqual({networkSeconds: 2, metricSeconds: 4});
  expect([...again.done]).toEqual(['a', 'b']);
  expect(readFileSync(join(folder, 'frames.jsonl'), 'utf8').endsWith('}\n')).toBe(true);
});

test.each([
  ['weights', {network: {...identity.network, sha256: 'ef'}}],
  ['frames', {files: 'ac'}],
  ['options', {options: {scale: 0.5}}],
  ['protocol', {protocol: 'ema'}],
])('scores of other %s are refused and stay, unless they are to be replaced', async (_, change) => {
  const rows = await openRows(folder, identity, false);
  rows.add({frames: [frameOf('a', 30)], cost});
  rows.close();
  const other = {...identity, ...change};
  const before = readFileSync(join(folder, 'frames.jsonl'), 'utf8');
  const refusal = await openRows(folder, other, false).then(
    () => 'opened',
    (error: {code: string}) => error.code,
  );
  expect(refusal).toBe('RIFE_ERR_EVAL_EXISTS');
  expect(readFileSync(join(folder, 'frames.jsonl'), 'utf8')).toBe(before);
  const fresh = await openRows(folder, other, true);
  fresh.close();
  expect(fresh.frames).toEqual([]);
});

test('a damaged file counts as another evaluation', async () => {
  writeFileSync(join(folder, 'frames.jsonl'), 'no JSON\n');
  await expect(openRows(folder, identity, false)).rejects.toMatchObject({code: 'RIFE_ERR_EVAL_EXISTS'});
});

test('a folder that cannot be written is a coded error', async () => {
  mkdirSync(join(folder, 'frames.jsonl'));
  await expect(openRows(folder, identity, true)).rejects.toMatchObject({code: 'RIFE_ERR_EVAL_OUTPUT'});
});
