/**
 * How benchmarks join, judge and print numbers: bench/bench.test.mjs is a test of Node's, since
 * jest can't load the benchmarks' modules. Each of its tests counts as one here.
 */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');
const ended = spawnSync(process.execPath, ['--test', '--test-reporter=tap', 'bench/bench.test.mjs'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const results = [...ended.stdout.matchAll(/^(not )?ok \d+ - (.*)$/gm)];

test.each(results.map(([, not, name]) => [name, not]))('%s', (_name, not) => {
  expect(not === undefined ? '' : ended.stdout).toBe('');
});

test('all of them ran', () => {
  expect({status: ended.status, stderr: ended.stderr}).toEqual({status: 0, stderr: ''});
  expect(results.length).toBeGreaterThan(0);
});
