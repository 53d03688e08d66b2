import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeFolder, makeTemporaryFolder} from '../folders.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'rife-folders-'))));
afterEach(() => {
  rmSync(root, {recursive: true});
});

test('a folder and those above it are made, and the first of them is named', () => {
  expect(makeFolder(join(root, 'a/b/c'))).toBe(join(root, 'a'));
  expect(existsSync(join(root, 'a/b/c'))).toBe(true);
  expect(makeFolder(join(root, 'a/b/c'))).toBeUndefined();
  expect(makeFolder(join(root, 'a/b/d'))).toBe(join(root, 'a/b/d'));
});

test('a file in its place, or above it, is an error; a link to a folder is one', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file'))).toThrow(/EEXIST/);
  expect(() => makeFolder(join(root, 'file/in'))).toThrow(/ENOTDIR/);
  symlinkSync(root, join(root, 'link'));
  expect(makeFolder(join(root, 'link'))).toBeUndefined();
});

test('a link to nothing is an error, not an endless search', () => {
  symlinkSync(join(root, 'nothing/there'), join(root, 'link'));
  expect(() => makeFolder(join(root, 'link'))).toThrow(/ENOENT|EEXIST/);
  expect(() => makeFolder(join(root, 'link/in'))).toThrow(/ENOENT|EEXIST/);
});

test('a file system without new folders is an error', () => {
  expect(() => makeFolder('/proc/rife-train/in')).toThrow(/ENOENT/);
});

test('a temporary folder gets its files', () => {
  const folder = makeTemporaryFolder('rife-test-', {'a.txt': Buffer.from('a')});
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('a');
  rmSync(folder, {recursive: true});
});

test('without a folder for temporary files the error names it', () => {
  const within = join(root, 'gone');
  expect(() => makeTemporaryFolder('rife-test-', {}, within)).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_TEMPORARY',
      message: expect.stringMatching(
        `"${within}", the folder for temporary files: .*ENOENT.*set TMPDIR`,
      ) as string,
    }) as Error,
  );
});

test('a temporary folder that can not be filled is not left', () => {
  const files = {'no/such': Buffer.from('a')};
  expect(() => makeTemporaryFolder('rife-test-', files, root)).toThrow(/ENOENT/);
  expect(readdirSync(root)).toEqual([]);
});
