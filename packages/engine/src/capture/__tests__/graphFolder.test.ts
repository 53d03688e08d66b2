import {mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {graphPrefix, removeStaleGraphs} from '../graphFolder.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-graphs-'))));
afterEach(() => rmSync(folder, {recursive: true}));

/** No process has this number. */
const GONE = 2 ** 30;

function leave(name: string, ageMs: number): void {
  mkdirSync(join(folder, name));
  const at = new Date(Date.now() - ageMs);
  utimesSync(join(folder, name), at, at);
}

test('old folders of processes that are gone are removed, and no others', () => {
  leave(`rife-train-graph-${GONE}-abc`, 3_600_000);
  leave('rife-train-graph-noPid', 3_600_000);
  leave(`rife-train-graph-${GONE}-new`, 1000);
  leave(`${graphPrefix()}abc`, 3_600_000);
  leave('another', 3_600_000);
  removeStaleGraphs(folder);
  expect(() => removeStaleGraphs(join(folder, 'not there'))).not.toThrow();
  expect(readdirSync(folder).sort()).toEqual(
    ['another', `rife-train-graph-${GONE}-new`, `rife-train-graph-${process.pid}-abc`].sort(),
  );
});
