import {existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {latestRun, makeNextRun, nameLatest, newestStep, nextRun} from '../runFolders.js';

let runs: string;
beforeEach(() => (runs = join(mkdtempSync(join(tmpdir(), 'rife-runs-')), 'runs')));
afterEach(() => rmSync(join(runs, '..'), {recursive: true}));

/** A run that was written at a moment. */
function run(name: string, seconds: number): string {
  const folder = join(runs, name);
  mkdirSync(folder, {recursive: true});
  const file = join(folder, 'metrics.jsonl');
  writeFileSync(file, '');
  utimesSync(file, seconds, seconds);
  return folder;
}

test('numbers go up, also past runs that were moved aside, and none is given twice', () => {
  expect(nextRun(runs)).toBe(join(runs, 'run-0001'));
  expect([makeNextRun(runs), makeNextRun(runs)]).toEqual([join(runs, 'run-0001'), join(runs, 'run-0002')]);
  mkdirSync(join(runs, 'run-0009.1'));
  mkdirSync(join(runs, 'run-other'));
  expect(nextRun(runs)).toBe(join(runs, 'run-0010'));
});

test('the latest run is the one that the link names, whatever was written last', () => {
  const [first] = [run('run-0001', 100), run('run-0002', 200)];
  nameLatest(first);
  expect(latestRun(runs)).toBe(first);
  expect(readlinkSync(join(runs, 'latest'))).toBe('run-0001');
  nameLatest(join(runs, 'run-0002'));
  expect(latestRun(runs)).toBe(join(runs, 'run-0002'));
});

test('without a link, or where it names nothing, it is the one that was written last; a run of an earlier release counts', () => {
  expect(latestRun(runs)).toBeUndefined();
  run('run-0001', 100);
  const old = run('default', 300);
  mkdirSync(join(runs, 'run-0002'));
  expect(latestRun(runs)).toBe(old);
  nameLatest(join(runs, 'gone'));
  expect(latestRun(runs)).toBe(old);
});

test('a folder that is called "latest" is left alone', () => {
  mkdirSync(join(runs, 'latest/mine'), {recursive: true});
  nameLatest(run('run-0001', 1));
  expect(existsSync(join(runs, 'latest/mine'))).toBe(true);
});

test('the newest step', () => {
  expect(newestStep(join(runs, 'run-0001'))).toBe(0);
  for (const name of ['step-00000002', 'step-00000310', '.new-step-00000400', 'best'])
    mkdirSync(join(runs, 'run-0001/checkpoints', name), {recursive: true});
  expect(newestStep(join(runs, 'run-0001'))).toBe(310);
});
