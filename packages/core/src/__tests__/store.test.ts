import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {CheckpointStore} from '../checkpoint/store.js';
import {STATE_VERSION} from '../checkpoint/migrations.js';
import {disk} from '@rife-train/files';
import {snapshotChunks} from '../checkpoint/snapshots.js';
import {stateText} from '../checkpoint/stateFile.js';
import {rejection, temporaryFolder} from './helpers/harness.js';
import {contentOf, storeWith} from './helpers/stores.js';

const nameOf = (step: number) => `step-0000000${step}`;

test('what was saved is loaded, and lies where the documentation says', async () => {
  const {store, at} = await storeWith([1, 2]);
  const loaded = (await store.load())!;
  expect(loaded.folder).toBe(at('step-00000002'));
  expect(loaded.state).toMatchObject({step: 2, updates: 2, dataIndex: 2});
  expect(loaded.weights.tensors.get('w')!.values).toEqual(Float32Array.of(2, 2, 2, 2));
  expect(loaded.optimizer.tensors.get('adam.m/w')!.shape).toEqual([4]);
  expect(loaded.skipped).toEqual([]);
  expect(readdirSync(store.folder).sort()).toEqual(['latest', nameOf(1), nameOf(2)]);
  expect(readdirSync(at(nameOf(1))).sort()).toEqual([
    'optimizer.safetensors',
    'state.json',
    'weights.safetensors',
  ]);
});

test('the newest `keep` stay', async () => {
  const {store} = await storeWith([1, 2, 3, 4], 2);
  expect(await store.list()).toEqual([nameOf(4), nameOf(3)]);
});

test('without any there is nothing to load', async () => {
  expect(await new CheckpointStore(temporaryFolder(), 1).load()).toBeUndefined();
});

test.each<[string, (folder: string) => void, string]>([
  [
    'weights are cut',
    f => truncateSync(path.join(f, 'weights.safetensors'), 50),
    'weights.safetensors has 50 of',
  ],
  [
    'optimizer is gone',
    f => rmSync(path.join(f, 'optimizer.safetensors')),
    'optimizer.safetensors cannot be read (ENOENT)',
  ],
  [
    'one bit is flipped',
    f => flip(path.join(f, 'weights.safetensors')),
    'weights.safetensors has another checksum',
  ],
  ['state is cut', f => truncateSync(path.join(f, 'state.json'), 40), 'state.json is not JSON'],
  [
    'state is empty JSON',
    f => writeFileSync(path.join(f, 'state.json'), '{"version": 2}'),
    'state.json lacks entries',
  ],
  ['state has no version', f => writeFileSync(path.join(f, 'state.json'), '{}'), 'state.json has no version'],
  ['state is null', f => writeFileSync(path.join(f, 'state.json'), 'null'), 'state.json is not an object'],
  ['state is gone', f => rmSync(path.join(f, 'state.json')), 'state.json is missing'],
  ['all is gone', f => rmSync(f, {recursive: true}), '"latest" names "step-00000003", which is not there'],
])('when of the latest %s, the newest whole one is taken, and it is said', async (_, damage, problem) => {
  const {store, at} = await storeWith([1, 2, 3]);
  damage(at(nameOf(3)));
  const loaded = (await store.load())!;
  expect(loaded.state.step).toBe(2);
  expect(loaded.skipped).toEqual([expect.stringContaining(problem)]);
});

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
}

test('a state.json with any bit flipped is passed over, or says the same', async () => {
  const {store, at} = await storeWith([1, 2]);
  const file = at(nameOf(2), 'state.json');
  const whole = readFileSync(file);
  const before = (await store.load())!.state;
  let found = 0;
  for (let i = 0; i < whole.length; i++) {
    const bytes = Buffer.from(whole);
    bytes[i]! ^= 1 << (i % 8);
    writeFileSync(file, bytes);
    const {state, skipped} = (await store.load())!;
    if (state.step === 1) expect(skipped).toEqual([expect.stringContaining('state.json')]);
    else expect(state).toEqual(before); // a blank that became another
    found += state.step === 1 ? 1 : 0;
  }
  expect(found).toBeGreaterThan(0.7 * whole.length);
});

describe('names of runs', () => {
  async function twoRuns() {
    const [own, other] = [await storeWith([]), await storeWith([])];
    await own.store.nameRun('own');
    await other.store.nameRun('other');
    await own.store.save(contentOf(1));
    await other.store.save(contentOf(2));
    return {own, other};
  }

  test('a checkpoint that was copied in from another run is passed over, and it is said', async () => {
    const {own, other} = await twoRuns();
    cpSync(other.at(nameOf(2)), own.at(nameOf(2)), {recursive: true});
    writeFileSync(own.at('latest'), `${nameOf(2)}\n`);
    const loaded = (await new CheckpointStore(own.out, 9).load())!;
    expect(loaded.state.step).toBe(1);
    expect(loaded.skipped).toEqual([`${nameOf(2)}: it is of another run`]);
  });

  test('one that lies in a folder without a name is taken', async () => {
    const {other} = await twoRuns();
    const out = temporaryFolder();
    const store = new CheckpointStore(out, 9);
    cpSync(other.at(nameOf(2)), path.join(store.folder, nameOf(2)), {recursive: true});
    expect((await store.load())!.state).toMatchObject({step: 2, run: 'other'});
  });
});

describe('the best', () => {
  const best = async ({store}: Awaited<ReturnType<typeof storeWith>>) => {
    const bare = temporaryFolder();
    cpSync(path.join(store.folder, 'best'), path.join(bare, 'checkpoints/best'), {recursive: true});
    return (await new CheckpointStore(bare, 9).load())!;
  };

  test('outlives retention, a rollback and another checkpoint of its step', async () => {
    const made = await storeWith([1], 1);
    const {store} = made;
    await store.save(contentOf(2), {isBest: true});
    await store.save(contentOf(3));
    expect(await store.list()).toEqual([nameOf(3)]);
    await store.save(contentOf(1), {isNewest: true});
    expect(await store.list()).toEqual([nameOf(1)]);
    const other = {...contentOf(9), state: contentOf(2).state};
    await store.save(other);
    const {state, weights} = await best(made);
    expect(state.step).toBe(2);
    expect(weights.tensors.get('w')!.values).toEqual(Float32Array.of(2, 2, 2, 2));
    await store.save(contentOf(4), {isBest: true});
    expect((await best(made)).state.step).toBe(4);
  });

  test('where the file system has no second names, it is a copy', async () => {
    jest.spyOn(disk, 'link').mockRejectedValue(Object.assign(new Error('EPERM'), {code: 'EPERM'}));
    const made = await storeWith([]);
    await made.store.save(contentOf(1), {isBest: true});
    jest.restoreAllMocks();
    writeFileSync(made.at(nameOf(1), 'weights.safetensors'), '');
    expect((await best(made)).weights.tensors.get('w')!.values).toEqual(Float32Array.of(1, 1, 1, 1));
  });

  test('is what is left when no other is whole', async () => {
    const {store, at} = await storeWith([1]);
    await store.save(contentOf(2), {isBest: true});
    for (const step of [1, 2]) rmSync(at(nameOf(step), 'state.json'));
    const loaded = (await store.load())!;
    expect([loaded.folder, loaded.state.step, loaded.skipped.length]).toEqual([at('best'), 2, 2]);
  });

  test('is made up for when a kill, or an earlier release, left its step without it', async () => {
    const {store, at} = await storeWith([1, 2]);
    writeFileSync(at('best'), `${nameOf(1)}\n`); // as of format 2
    await store.repairBest(1);
    expect(JSON.parse(readFileSync(at('best/state.json'), 'utf8'))).toMatchObject({step: 1});
    await store.repairBest(2);
    expect(JSON.parse(readFileSync(at('best/state.json'), 'utf8'))).toMatchObject({step: 2});
    rmSync(at(nameOf(1)), {recursive: true});
    await store.repairBest(1); // nothing to make it from
    expect(JSON.parse(readFileSync(at('best/state.json'), 'utf8'))).toMatchObject({step: 2});
  });
});

test('checkpoints that are held stay', async () => {
  const {store} = await storeWith([1, 2], 1);
  await store.save(contentOf(3), {held: [2]});
  expect(await store.list()).toEqual([nameOf(3), nameOf(2)]);
});

describe('snapshots that plugins keep', () => {
  const kept = {
    owner: 'a',
    file: 'snapshot-0.safetensors',
    position: {step: 1, updates: 1, dataIndex: 1, avoided: []},
    plugins: {a: 1},
  };
  const content = () => ({
    ...contentOf(2),
    state: {...contentOf(2).state, snapshots: [kept]},
    snapshots: new Map([[kept.file, snapshotChunks(new Map([['w', Float32Array.of(7, 8)]]))]]),
  });

  test('come back', async () => {
    const {store} = await storeWith([1]);
    await store.save(content());
    expect((await store.load())!.snapshots).toEqual([
      {...kept, values: new Map([['w', Float32Array.of(7, 8)]])},
    ]);
  });

  test('are in the newest checkpoint alone; an older one, and the best, are whole without', async () => {
    const {store, at} = await storeWith([1]);
    await store.save(content(), {isBest: true});
    expect(existsSync(at(nameOf(2), kept.file))).toBe(true);
    expect(existsSync(at('best', kept.file))).toBe(false);
    await store.save(contentOf(3));
    expect(existsSync(at(nameOf(2), kept.file))).toBe(false);
    expect((await store.load())!.state.step).toBe(3);
    expect(await store.load(2)).toMatchObject({skipped: [], snapshots: [], missing: 1});
  });

  test('that are torn make the checkpoint one that is passed over', async () => {
    const {store, at} = await storeWith([1]);
    await store.save(content());
    flip(at(nameOf(2), kept.file));
    const loaded = (await store.load())!;
    expect(loaded.state.step).toBe(1);
    expect(loaded.skipped).toEqual([`${nameOf(2)}: ${kept.file} has another checksum`]);
  });
});

test('without `latest` the newest is taken', async () => {
  const {store, at} = await storeWith([1, 2]);
  rmSync(at('latest'));
  expect((await store.load())!.state.step).toBe(2);
});

test('when none is whole, each is listed', async () => {
  const {store, at} = await storeWith([1, 2]);
  for (const step of [1, 2]) rmSync(at(nameOf(step), 'state.json'));
  const error = await rejection(store.load());
  expect(error).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_BROKEN'});
  expect(error.message).toContain(
    'step-00000002: state.json is missing; step-00000001: state.json is missing',
  );
});

test('one of a later release is not read, nor passed over', async () => {
  const {store, at} = await storeWith([1, 2]);
  const file = at(nameOf(2), 'state.json');
  writeFileSync(file, stateText({...(await store.load())!.state, version: STATE_VERSION + 1}));
  expect(await rejection(store.load())).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_VERSION'});
});

test('a broken one of the same step is replaced', async () => {
  const {store, at} = await storeWith([1, 2]);
  truncateSync(at(nameOf(2), 'weights.safetensors'), 3);
  await store.save(contentOf(2));
  expect((await store.load())!).toMatchObject({state: {step: 2}, skipped: []});
  expect(readdirSync(store.folder).sort()).toEqual(['latest', nameOf(1), nameOf(2)]);
});

test('a failed write leaves the others alone and says why', async () => {
  const {store, at} = await storeWith([1]);
  writeFileSync(at('.new-step-00000002'), ''); // removed first, so the write itself must fail below
  rmSync(at('latest'));
  mkdirSync(at('latest', 'in-the-way'), {recursive: true});
  expect(await rejection(store.save(contentOf(2)))).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_WRITE'});
  rmSync(at('latest'), {recursive: true});
  expect((await store.load())!.state.step).toBe(2);
});

test('sweep removes what is half-written and brings back what was being replaced', async () => {
  const {store, at} = await storeWith([1, 2]);
  cpSync(at(nameOf(1)), at('.new-step-00000003'), {recursive: true});
  renameSync(at(nameOf(2)), at('.old-step-00000002'));
  writeFileSync(at('latest.tmp'), 'step-0');
  await store.sweep();
  expect(readdirSync(store.folder).sort()).toEqual(['latest', nameOf(1), nameOf(2)]);
  expect((await store.load())!.state.step).toBe(2);
});
