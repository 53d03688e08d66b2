/** Checkpoints from somebody else: of other types, with links, with paths out of their folder. */
import {execFileSync} from 'node:child_process';
import {readFileSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {disk} from '@rife-train/files';
import {stateText} from '../checkpoint/stateFile.js';
import type {CheckpointState} from '../checkpoint/state.js';
import {storeWith} from './helpers/stores.js';

afterEach(() => jest.restoreAllMocks());

/** Entries of any type, to be changed. */
type Loose = Record<string, unknown> & {model: {options: Record<string, unknown>}};

const POSITION = {step: 1, updates: 1, dataIndex: 1, avoided: []};
const SNAPSHOT = {owner: 'test:a', file: '../../../secret', position: POSITION, plugins: {}};
const SEAL = {bytes: 6, sha256: '0'.repeat(64)};

/** Checkpoints 1 and 2, of which the second is changed, and sealed as if it were whole. */
async function hostile(change: (state: Loose) => void) {
  const {store, at} = await storeWith([1, 2]);
  const file = at('step-00000002/state.json');
  const {sha256: _sha256, ...state} = JSON.parse(readFileSync(file, 'utf8')) as Loose;
  change(state as Loose);
  writeFileSync(file, stateText(state as unknown as CheckpointState));
  return {store, at};
}

test.each<[string, (state: Loose) => void, string]>([
  [
    'a snapshot out of the folder',
    state => {
      state['snapshots'] = [SNAPSHOT];
      Object.assign(state['files'] as object, {[SNAPSHOT.file]: SEAL});
    },
    'snapshots.0.file: ',
  ],
  [
    'a list of clips out of the folder',
    s => void (s['clips'] = {count: 1, sha256: '/../../x'}),
    'clips.sha256: ',
  ],
  ['plugins that are null', s => void (s['plugins'] = null), 'plugins: '],
  ['setbacks that are null', s => void (s['setbacks'] = null), 'setbacks: '],
  ['files that are null', s => void (s['files'] = null), 'files: '],
  ['a file without a seal', s => void (s['files'] = {}), 'files: weights.safetensors has no checksum'],
  ['scales that are text', s => void (s.model.options['scales'] = 'x'), 'model.options.scales: '],
  ['a schedule of nothing', s => void (s['schedule'] = {}), 'schedule.from: '],
  ['a batch beyond 2^53', s => void (s['dataIndex'] = 1e300), 'dataIndex: '],
])('%s: it is passed over, and nothing out of the folder is opened', async (_, change, problem) => {
  const {store} = await hostile(change);
  const open = jest.spyOn(disk, 'open');
  const loaded = (await store.load())!;
  expect(loaded.state.step).toBe(1);
  expect(loaded.skipped).toEqual([expect.stringContaining(problem)]);
  const outside = open.mock.calls.filter(([file]) =>
    path.relative(store.folder, String(file)).startsWith('..'),
  );
  expect(outside).toEqual([]);
});

test('version 2^31 is refused by its number', async () => {
  const {store} = await hostile(state => void (state['version'] = 2 ** 31));
  await expect(store.load()).rejects.toThrow(
    expect.objectContaining({code: 'RIFE_ERR_CHECKPOINT_VERSION'}) as Error,
  );
});

test('nesting that can not be written again is passed over', async () => {
  const {store, at} = await storeWith([1, 2]);
  const file = at('step-00000002/state.json');
  const nested = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace('"plugins": {}', `"plugins": {"a": ${nested}}`));
  expect((await store.load())!.skipped).toEqual([expect.stringContaining("state.json can't be checked")]);
});

test.each<[string, (file: string) => void, string]>([
  ['a link', file => symlinkSync('/dev/zero', file), 'is a link'],
  ['a pipe', file => void execFileSync('mkfifo', [file]), 'is not a regular file'],
])('%s in the place of a file is not opened to its end', async (_, make, problem) => {
  for (const name of ['weights.safetensors', 'optimizer.safetensors', 'state.json']) {
    const {store, at} = await storeWith([1, 2]);
    rmSync(at('step-00000002', name));
    make(at('step-00000002', name));
    expect((await store.load())!.skipped).toEqual([`step-00000002: ${name} ${problem}`]);
  }
});

test('a checkpoint that is a link to another folder is passed over', async () => {
  const {store, at, out} = await storeWith([1, 2]);
  renameSync(at('step-00000002'), path.join(out, 'elsewhere'));
  symlinkSync(path.join(out, 'elsewhere'), at('step-00000002'));
  expect((await store.load())!.skipped).toEqual(['step-00000002: it is a link']);
});

test('steps beyond 2^32 and names beyond eight digits are in order', async () => {
  const {store} = await storeWith([99_999_999, 100_000_000, 2 ** 32 + 5], 2);
  expect(await store.list()).toEqual(['step-4294967301', 'step-100000000']);
  expect((await store.load())!.state.step).toBe(2 ** 32 + 5);
});
