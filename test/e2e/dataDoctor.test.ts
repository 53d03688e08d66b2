/**
 * Faults planted into the demo clips (bench/data): each is found, named by kind, clip and frame,
 * and nothing else is reported.
 */
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {CLIPS, ROOT, runCli} from './support';

interface Result {
  rows: {sort: string; planted: number; found: number}[];
  checks: number;
  alarms: {kind: string; clip: string; text: string}[];
  demo: {found: unknown[]; clips: number};
}

test('one data set with a fault of each sort', () => {
  const args = ['--seed', '5', '--rounds', '1', '--clean', '4', '--demo', '0', '--json'];
  const script = join(ROOT, 'bench/data/doctor.mjs');
  const result = JSON.parse(execFileSync(process.execPath, [script, ...args], {encoding: 'utf8'})) as Result;
  expect(result.rows.length).toBeGreaterThanOrEqual(20);
  expect(result.rows.filter(({planted, found}) => planted === 0 || found < planted)).toEqual([]);
  expect(result.checks).toBeGreaterThanOrEqual(4 * 14);
  expect(result.alarms).toEqual([]);
});

test('the demo clips as they are, by the command', async () => {
  const {code, stdout} = await runCli(ROOT, ['data', 'doctor', CLIPS]);
  expect(code).toBe(0);
  expect(stdout).toContain('train  4 clips, 260 frames');
  expect(stdout).toContain('Nothing is wrong.');
});
