import {spawnSync} from 'node:child_process';
import {closeSync, mkdtempSync, readSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openRegular, openRegularSync, readRegular, readRegularSync} from '..';

const folder = mkdtempSync(join(tmpdir(), 'rife-regular-'));
afterAll(() => rmSync(folder, {recursive: true}));
const at = (name: string) => join(folder, name);

test('files, and links to them, are read', async () => {
  writeFileSync(at('a'), 'content');
  symlinkSync('a', at('link'));
  for (const name of ['a', 'link']) {
    expect(String(await readRegular(at(name)))).toBe('content');
    expect(String(readRegularSync(at(name)))).toBe('content');
  }
  const handle = await openRegular(at('a'));
  expect((await handle.stat()).size).toBe(7);
  await handle.close();
  const descriptor = openRegularSync(at('a'));
  expect(readSync(descriptor, Buffer.alloc(9), 0, 9, 3)).toBe(4);
  closeSync(descriptor);
});

test.each([
  ['a named pipe', () => spawnSync('mkfifo', [at('pipe')]) && at('pipe')],
  ['a device', () => '/dev/zero'],
  ['a device', () => (symlinkSync('/dev/zero', at('zeros')), at('zeros'))],
])('%s is not: reading it would not end', async (kind, make) => {
  const file = make();
  const message = `it is ${kind}, and only regular files are read`;
  await expect(readRegular(file)).rejects.toThrow(message);
  await expect(openRegular(file)).rejects.toThrow(message);
  expect(() => readRegularSync(file)).toThrow(message);
  expect(() => openRegularSync(file)).toThrow(message);
});

test('what the operating system says is passed on', async () => {
  await expect(readRegular(at('none'))).rejects.toThrow('ENOENT');
  await expect(readRegular(folder)).rejects.toThrow('EISDIR');
});
