/** Clips that are left out: named, counted, and at most so many. */
import {join} from 'node:path';
import {openBatchSource, type BatchSourceOptions} from '..';
import {BadClips} from '../loader/badClips';
import {resolveOptions} from '../loader/options';
import {rejection, tempFolder, truncate, writeClip, writeFrame} from './support';

/** Ten clips, the first `bad` of which have only two frames. */
async function tenClips(bad: number): Promise<string> {
  const root = tempFolder();
  for (let i = 0; i < 10; i++) await writeClip(join(root, `c${i}`), i < bad ? 2 : 3);
  return root;
}
const options = (root: string, more: Partial<BatchSourceOptions> = {}): BatchSourceOptions => ({
  ...{root, crop: 64, batch: 2, workers: 1, onBadClip: 'skip', warn: () => {}},
  ...more,
});

test.each([
  [1, 0.1, undefined],
  [2, 0.1, 'RIFE_ERR_DATA_BAD_SHARE'],
  [2, 0.2, undefined],
  [3, 0.29, 'RIFE_ERR_DATA_BAD_SHARE'],
  [9, 1, undefined],
  // One is always let pass: a data set may be smaller than a share says.
  [1, 0, undefined],
  [2, 0, 'RIFE_ERR_DATA_BAD_SHARE'],
])('%i of ten at a share of %d: %s', async (bad, maxBadShare, code) => {
  const root = await tenClips(bad);
  const opened = openBatchSource(options(root, {maxBadShare}));
  if (code) {
    const {code: found, message} = await rejection(opened);
    expect(found).toBe('RIFE_ERR_DATA_BAD_SHARE');
    expect(message).toContain(`${bad} of 10 clips had to be left out; the first: [rife:data] Clip "c0"`);
  } else await (await opened).close();
});

test('clips that can’t be opened count among all', async () => {
  const root = await tenClips(0);
  for (const clip of ['c3', 'c7']) truncate(join(root, clip, '0000.png'), 0.001);
  expect((await rejection(openBatchSource(options(root)))).message).toContain('2 of 10 clips');
});

test('clips that are met while decoding end the run when they become too many', async () => {
  const root = await tenClips(0);
  const warn = jest.fn();
  const source = await openBatchSource(options(root, {warn, batch: 10}));
  for (const clip of ['c2', 'c5']) await writeFrame(join(root, clip, '0001.png'), 32, 32, 1);
  const {code, message} = await rejection(source.next());
  await source.close();
  expect(code).toBe('RIFE_ERR_DATA_BAD_SHARE');
  expect(message).toContain('2 of 10 clips');
  expect(
    warn.mock.calls.map(([text]) => /Frame "0001.png" of clip "(c\d)"/.exec(String(text))?.[1]).sort(),
  ).toEqual(['c2', 'c5']);
});

test('samples that take the place of others are counted', async () => {
  const root = await tenClips(0);
  const source = await openBatchSource(options(root, {batch: 10}));
  await writeFrame(join(root, 'c2/0001.png'), 32, 32, 1);
  const {replaced, names} = await source.next();
  expect(replaced).toBe(1);
  expect(names.some(name => name.startsWith('c2 '))).toBe(false);
  await source.close();
});

test('a clip is reported and counted once', () => {
  const warn = jest.fn();
  const bad = new BadClips(resolveOptions(options('/clips', {warn})));
  bad.of(20);
  for (let i = 0; i < 5; i++) bad.add('a', Object.assign(new Error('no'), {code: 'X'}) as never);
  expect([bad.count, warn.mock.calls.length]).toEqual([1, 1]);
});
