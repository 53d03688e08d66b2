/** Tests of Node's, for modules that jest can't load: each of them counts as one of jest's. */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');

/** Runs a file of tests, and declares a test of jest's for each of its own. */
export function nodeTests(file: string): void {
  const ended = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], {
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
}
