import {existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {isAlive, removeStale} from '../stale.js';

/** No process has this number. */
const GONE = 2 ** 30;

test('this process is alive, and so is the first one, of another user; a number that no process has is not', () => {
  expect([process.pid, 1, GONE, NaN].map(isAlive)).toEqual([true, true, false, false]);
});

test('files and folders of processes that are gone are removed once they are old', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rife-stale-'));
  try {
    const [file, tree, young, ours] = [
      join(folder, `part-${GONE}-a`),
      join(folder, `part-${GONE}-b`),
      join(folder, `part-${GONE}-c`),
      join(folder, `part-${process.pid}-d`),
    ];
    mkdirSync(tree);
    for (const path of [file, join(tree, 'inside'), young, ours]) writeFileSync(path, '');
    for (const path of [file, tree, ours]) utimesSync(path, 0, 0);
    removeStale(folder, {prefix: 'part-', staleMs: 60_000});
    expect([file, tree, young, ours].map(existsSync)).toEqual([false, false, true, true]);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
