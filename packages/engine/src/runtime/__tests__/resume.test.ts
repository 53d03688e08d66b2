/** Installations that follow an interrupted one, and which of its files they trust. */
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ensureOn} from '../ensure.js';
import {type FakeMachine, fakeMachine, removeMachines} from './fakeMachine.js';

const KEY = 'tf2.21.0-cpu-tfjs4.22.0-linux-x64-r7';
const WHEEL = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');
const engines = ({root}: FakeMachine) => join(root, 'cache/engines');
const wheelsLeft = ({root}: FakeMachine) =>
  readdirSync(join(root, 'cache/downloads'), {recursive: true}).filter(n => String(n).endsWith('.whl'));
const pipCalls = (machine: FakeMachine) => machine.calls().filter(call => call.includes('pip download'));

afterEach(removeMachines);

test('a wheel of a run that broke off is used again', async () => {
  const machine = fakeMachine();
  machine.host.env['FAKE_CXX'] = 'error: internal compiler error';
  await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_COMPILE'});
  expect(wheelsLeft(machine)).toHaveLength(1);
  delete machine.host.env['FAKE_CXX'];
  await ensureOn(machine.host, true);
  expect(pipCalls(machine)).toHaveLength(1);
  expect(wheelsLeft(machine)).toEqual([]);
});

describe('a wheel is used only with the sum of what was published, or of what pip has checked', () => {
  const other = {[WHEEL]: sumOf('published')};

  test('a download that differs from the published one is refused, and not kept', async () => {
    const machine = fakeMachine({sums: other});
    const failure = await ensureOn(machine.host, true).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'RIFE_ERR_ENGINE_ARCHIVE',
      message: expect.stringMatching(/SHA-256 is [0-9a-f]{64}, not/) as string,
    });
    expect(wheelsLeft(machine)).toEqual([]);
  });

  test.each<[string, string, Record<string, string>, string | undefined]>([
    ['the published one', 'wheel', {[WHEEL]: sumOf('wheel')}, undefined],
    ['the one that was recorded', 'wheel', {}, sumOf('wheel')],
  ])('a wheel that was left is used: %s', async (_, content, sums, recorded) => {
    const machine = fakeMachine({sums});
    machine.write(`cache/downloads/${KEY}/${WHEEL}`, content);
    if (recorded) machine.write(`cache/downloads/${KEY}/${WHEEL}.sha256`, recorded);
    await ensureOn(machine.host, true);
    expect(pipCalls(machine)).toHaveLength(0);
  });

  test('a wheel of the right name alone is not used', async () => {
    const machine = fakeMachine();
    machine.write(`cache/downloads/${KEY}/${WHEEL}`, 'wheel');
    await ensureOn(machine.host, true);
    expect(pipCalls(machine)).toHaveLength(1);
  });

  test('a wheel that was left and differs is refused and deleted; the next start fetches another', async () => {
    const machine = fakeMachine({sums: {[WHEEL]: sumOf('wheel')}});
    machine.write(`cache/downloads/${KEY}/${WHEEL}`, 'another');
    await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_ARCHIVE'});
    expect(wheelsLeft(machine)).toEqual([]);
    await ensureOn(machine.host, true);
    expect(pipCalls(machine)).toHaveLength(1);
  });
});

test('two engines at once keep their hands off the wheel of the other', async () => {
  const machine = fakeMachine();
  const otherKey = KEY.replace(/r\d+$/, 'r0');
  const other = machine.write(`cache/downloads/${otherKey}/${WHEEL}`, 'wheel');
  await ensureOn(machine.host, true);
  expect(existsSync(other)).toBe(true);
  expect(pipCalls(machine)).toHaveLength(1);
});

test('what a compiler writes in between is on the disk of the cache, and not kept', async () => {
  const machine = fakeMachine();
  machine.host.env['TMPDIR'] = join(machine.root, 'gone');
  await ensureOn(machine.host, true);
  const [folder] = machine.calls().filter(call => call.startsWith('temporary files of g++ in '));
  expect(folder).toMatch(join(engines(machine), KEY));
  expect(existsSync(folder!.slice(folder!.indexOf(machine.root)))).toBe(false);
});

test('a compiler that finds the disk full does not cost the own kernels', async () => {
  const machine = fakeMachine();
  machine.host.env['FAKE_KERNELS'] = 'fatal error: cannot write: No space left on device';
  await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_SPACE'});
});

test('half a download of a killed run is not taken for a wheel, and its half-built folder goes', async () => {
  const machine = fakeMachine();
  machine.write(
    `cache/downloads/partial-${KEY}/tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl`,
    'whe',
  );
  machine.write(`cache/engines/${KEY}.building-99999999/tensorflow/libtensorflow_cc.so.2`, 'half');
  expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
  expect(pipCalls(machine)).toHaveLength(1);
  expect(readdirSync(engines(machine))).toEqual([KEY]);
});

describe('a damaged cache', () => {
  const damage: [string, (folder: string) => void][] = [
    ['a library cut short', folder => writeFileSync(join(folder, 'tensorflow/libtensorflow_cc.so.2'), 'lib')],
    ['a changed binding', folder => writeFileSync(join(folder, 'tensorflow/tfjs_binding.node'), 'BINDING')],
    ['no marker', folder => writeFileSync(join(folder, 'engine.json'), '{')],
  ];
  test.each(damage)('%s: moved aside and built again', async (_what, spoil) => {
    const machine = fakeMachine();
    const folder = join(engines(machine), KEY);
    await ensureOn(machine.host, true);
    spoil(folder);
    await expect(ensureOn(machine.host, false)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_CACHE_BROKEN'});
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
    expect(machine.logs).toContainEqual(expect.stringMatching(/is damaged \(.*moved to/));
    expect(readFileSync(join(folder, 'tensorflow/tfjs_binding.node'), 'utf8')).toBe('binding');
    expect(readdirSync(engines(machine)).filter(name => name.includes('.broken-'))).toHaveLength(1);
  });
});
