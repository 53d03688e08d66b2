import {existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {thisHost} from '../host.js';
import {withLock} from '../lock.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-lock-'));
const logs: string[] = [];
const host = thisHost(process.env, line => logs.push(line));
afterAll(() => rmSync(folder, {recursive: true}));

test('works that want the same lock run one after the other', async () => {
  const target = join(folder, 'deep/in/one');
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} in`);
    await sleep(50);
    events.push(`${name} out`);
  };
  await Promise.all([withLock(host, target, work('a')), withLock(host, target, work('b'))]);
  expect(events).toHaveLength(4);
  expect(events[1]).toBe(events[0]?.replace('in', 'out'));
  expect(existsSync(`${target}.lock`)).toBe(false);
});

test('the lock of a dead process is taken over', async () => {
  const target = join(folder, 'two');
  mkdirSync(`${target}.lock`);
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(`${target}.lock`, longAgo, longAgo);
  expect(await withLock(host, target, async () => 'done')).toBe('done');
});

test('the lock of a dead process is taken over although the clock was set back since', async () => {
  const target = join(folder, 'clock');
  mkdirSync(`${target}.lock`);
  const later = Date.now() / 1000 + 3600;
  utimesSync(`${target}.lock`, later, later);
  const result = withLock(host, target, async () => 'done', {staleMs: 100, patienceMs: 3000});
  expect(await result.catch((error: {code: string}) => error.code)).toBe('done');
});

test('a lock that is touched is respected, whatever its time of day', async () => {
  const target = join(folder, 'touched');
  mkdirSync(`${target}.lock`);
  let at = Date.now() / 1000 + 3600;
  const touch = setInterval(() => utimesSync(`${target}.lock`, at, at++), 50);
  const failure = withLock(host, target, async () => 'done', {staleMs: 1000, patienceMs: 2500});
  await expect(failure.finally(() => clearInterval(touch))).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_LOCKED',
  });
});

test('a live lock is respected until patience ends, and the error names it', async () => {
  const target = join(folder, 'three');
  let letGo = () => {};
  const until = new Promise<void>(resolve => (letGo = resolve));
  let held: Promise<void> | undefined;
  await new Promise<void>(resolve => {
    held = withLock(host, target, () => (resolve(), until));
  });
  const failure = withLock(host, target, async () => 'done', {patienceMs: 100});
  await expect(failure).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_LOCKED',
    message: expect.stringContaining(`${target}.lock`),
  });
  expect(logs).toContain('waiting for another process that is installing TensorFlow');
  letGo();
  await held;
});

test('a failing work gives its lock back', async () => {
  const target = join(folder, 'four');
  await expect(withLock(host, target, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(host, target, async () => 'next', {patienceMs: 100})).toBe('next');
});

test('patience ends in time although the clock was set back', async () => {
  const target = join(folder, 'five');
  mkdirSync(`${target}.lock`);
  const now = Date.now;
  let calls = 0;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - (calls++ === 0 ? 0 : 3_600_000));
  try {
    const failure = withLock(host, target, async () => 'done', {patienceMs: 100});
    await expect(failure).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_LOCKED'});
  } finally {
    clock.mockRestore();
  }
});
