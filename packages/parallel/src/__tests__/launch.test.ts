/**
 * Replicas in threads and in processes; those of one thread are in group.test.ts, and in
 * scripts/replicas.
 */
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {blockFolder, removeStaleBlocks} from '../fileBlocks';
import type {LaunchOptions} from '../launch';
import {entryOf, isThere, launch, rejection, writeEntry} from './support';

type Launcher = LaunchOptions['launcher'];
const APART: Launcher[] = ['thread', 'process'];

/** Three means of the same values: what they come to must not depend on where replicas live. */
const MEANS = `
  const values = new Map([['a', Float32Array.from({length: 5000}, (_, i) => Math.sin(rank + i))], ['b', Float32Array.of(rank)]]);
  const norms = [];
  for (let round = 0; round < 3; round++) norms.push((await group.meanOf(program(values), ['a', 'b'])).norm);
  return {rank, count, norms, a: values.get('a'), b: values.get('b')[0], payload, NaN: NaN};`;

test('they return by rank, and have the same bits in threads and in processes', async () => {
  const [threads, processes] = (await Promise.all(
    APART.map(launcher => launch(MEANS, {count: 3, launcher, payload: {given: [1]}})),
  )) as [{a: Float32Array}[], {a: Float32Array}[]];
  for (const [results, others] of [
    [threads, processes],
    [processes, threads],
  ] as const) {
    expect(results).toEqual([0, 1, 2].map(rank => ({...others[0], rank})));
    expect(results[0]).toMatchObject({count: 3, b: 1, payload: {given: [1]}, NaN: NaN});
    expect(Buffer.from(results[2]!.a.buffer).equals(Buffer.from(others[0]!.a.buffer))).toBe(true);
  }
});

describe.each(APART)('launched as a %s', launcher => {
  test('what they post arrives in order, with the rank', async () => {
    const posted: [number, unknown][] = [];
    await launch(`post({n: 1, odd: NaN}); post('two'); await group.gather(0); return 0;`, {
      launcher,
      onMessage: (rank, message) => posted.push([rank, message]),
    });
    for (const rank of [0, 1])
      expect(posted.filter(([from]) => from === rank)).toEqual([
        [rank, {n: 1, odd: NaN}],
        [rank, 'two'],
      ]);
  });

  test('an abort reaches each', async () => {
    const abort = new AbortController();
    const body = `post('here'); await new Promise(resolve => signal.aborted ? resolve() : signal.addEventListener('abort', resolve)); return signal.reason.message;`;
    let here = 0;
    const onMessage = () => ++here === 2 && abort.abort(new Error('enough'));
    expect(await launch(body, {launcher, signal: abort.signal, onMessage})).toEqual(['enough', 'enough']);
    const early = AbortSignal.abort(new Error('before'));
    expect(await launch(body, {launcher, signal: early})).toEqual(['before', 'before']);
  });

  test('an error of one keeps its code and its plugin, and says which it was; the others are lost', async () => {
    const lost: unknown[] = [];
    const body = `
      if (rank === 1) throw Object.assign(new Error('broken'), {code: 'RIFE_ERR_PLUGIN', plugin: 'test:x', cause: new Error('deep')});
      try { await group.gather(0); } catch (error) { post(error.code + ' ' + error.message); throw error; }`;
    const error = await rejection(
      launch(body, {count: 3, launcher, onMessage: (rank, text) => lost.push([rank, text])}),
    );
    expect(error).toMatchObject({
      code: 'RIFE_ERR_PLUGIN',
      plugin: 'test:x',
      message: 'Replica 1 (of 3, from 0): broken',
    });
    expect((error.cause as Error).message).toBe('deep');
    expect(lost.sort()).toEqual(
      [0, 2].map(rank => [rank, expect.stringMatching(/^RIFE_ERR_PARALLEL_LOST .*Replica 1.*broken/)]),
    );
  });

  test('an error that all have alike is reported without a rank', async () => {
    const body = `await group.gather(0); throw Object.assign(new Error('all alike'), {code: 'RIFE_ERR_CONFIG_VALUE'});`;
    const error = await rejection(launch(body, {launcher}));
    expect(error).toMatchObject({code: 'RIFE_ERR_CONFIG_VALUE', message: 'all alike'});
  });

  test('one that does not come is stuck', async () => {
    // For ever: that the launch ends at all shows that nobody waits for it.
    const body = `if (rank === 1) await new Promise(resolve => setTimeout(resolve, 2 ** 31 - 1).unref?.()); await group.gather(0);`;
    const error = await rejection(launch(body, {launcher, timeout: 1.5, grace: 0.5}));
    expect(error).toMatchObject({code: 'RIFE_ERR_PARALLEL_STUCK'});
    expect(error.message).toMatch(/Replica 1 did not reach gather\(\) within 1.5 s/);
  });

  test('one that ends early is no one to wait for', async () => {
    const error = await rejection(launch(`if (rank === 0) await group.gather(0);`, {launcher}));
    expect(error).toMatchObject({code: 'RIFE_ERR_PARALLEL_MISMATCH'});
  });

  test('a module without a function is refused', async () => {
    const entry = writeEntry('7');
    const error = await rejection(launch('', {launcher, entry}));
    expect(error).toMatchObject({code: 'RIFE_ERR_PARALLEL_ENTRY'});
    expect(error.message).toContain('is number');
  });
});

test.each([
  ['thread', 'process.exit(3)', /its thread ended with exit code 3/],
  ['process', 'process.exit(3)', /exit code 3/],
  ['process', `process.kill(process.pid, 'SIGKILL')`, /signal SIGKILL.*Memory may have run out/],
] as const)('a %s that ends by %s has died', async (launcher, act, message) => {
  const error = await rejection(
    launch(`await group.gather(0); if (rank === 1) ${act}; await group.gather(1);`, {launcher}),
  );
  expect(error).toMatchObject({code: 'RIFE_ERR_PARALLEL_DIED'});
  expect(error.message).toMatch(/Replica 1 \(of 2, from 0\) died/);
  expect(error.message).toMatch(message);
});

test.each(APART)('a %s that spins is ended', async launcher => {
  const error = await rejection(
    launch(`if (rank === 1) for (;;); await group.gather(0);`, {launcher, timeout: 1.5, grace: 3}),
  );
  expect(error).toMatchObject({code: 'RIFE_ERR_PARALLEL_STUCK'});
});

describe('processes', () => {
  test('are processes, and none is left when the launch settles', async () => {
    const pids: number[] = [];
    const body = `post(process.pid); await group.gather(0); if (rank === 0) throw new Error('x'); await group.gather(1);`;
    await rejection(
      launch(body, {count: 3, launcher: 'process', onMessage: (_rank, pid) => pids.push(pid as number)}),
    );
    expect(new Set(pids).size).toBe(3);
    expect(pids).not.toContain(process.pid);
    expect(pids.filter(isThere)).toEqual([]);
  });

  test('end when the process that launched them is killed, also those that spin', async () => {
    const entry = entryOf(
      `post(process.pid); await new Promise(r => setTimeout(r, 200)); if (rank === 1) for (;;); await group.gather(0); await new Promise(() => {});`,
    );
    const dist = pathToFileURL(join(__dirname, '../../dist/index.js')).href;
    const code = `const {launchReplicas} = await import(${JSON.stringify(dist)});
      await launchReplicas({count: 2, launcher: 'process', entry: ${JSON.stringify(entry)}, payload: 0, timeout: 0, onMessage: (_, pid) => console.log(pid)});`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    parent.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (text.trim().split('\n').length < 2) await new Promise(resolve => setTimeout(resolve, 20));
    const pids = text.trim().split('\n').map(Number);
    await new Promise(resolve => setTimeout(resolve, 400));
    expect(pids.filter(isThere)).toHaveLength(2);
    parent.kill('SIGKILL');
    const limit = performance.now() + CHILD_LIMIT_MS;
    while (pids.some(isThere) && performance.now() < limit)
      await new Promise(resolve => setTimeout(resolve, 100));
    expect(pids.filter(isThere)).toEqual([]);
  });

  test('do not see the signals of a terminal', async () => {
    const body = `await group.gather(0); process.kill(process.pid, 'SIGINT'); process.kill(process.pid, 'SIGTERM'); await new Promise(r => setTimeout(r, 100)); return rank;`;
    expect(await launch(body, {launcher: 'process'})).toEqual([0, 1]);
  });

  test('leave no file, and the files of killed ones are removed once they are old', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rife-blocks-'));
    try {
      const name = (pid: number, rest: string) => join(folder, `rife-train-block-${pid}-${rest}`);
      // No process has this number: the kernel's largest is below it.
      const [gone, young, ours, other] = [
        name(99_999_999, 'a'),
        name(99_999_999, 'b'),
        name(process.pid, 'c'),
        join(folder, 'mine'),
      ];
      for (const path of [gone, young, ours, other]) writeFileSync(path, '');
      const old = Date.now() / 1000 - 3600;
      for (const path of [gone, ours, other]) utimesSync(path, old, old);
      removeStaleBlocks([folder]);
      expect([gone, young, ours, other].map(existsSync)).toEqual([false, true, true, true]);
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
    const left = existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
    expect(left.filter(file => file.startsWith(`rife-train-block-${process.pid}-`))).toEqual([]);
  });

  test('use the folder for temporary files where memory is too small', () => {
    expect(blockFolder(2 ** 60)).toBe(tmpdir());
    expect(blockFolder(1, '/no/such/folder')).toBe(tmpdir());
    if (existsSync('/dev/shm')) expect(blockFolder(1)).toBe('/dev/shm');
  });
});
