import {spawnSync} from 'node:child_process';
import {ROOT} from '../e2e/support.js';

/** Three cells of the failure matrix, by a seed; all 25 are `npm run test:replicas`. */
test('a replica that fails stops or delays all, is named by its number, and the run continues', () => {
  const {status, stdout, stderr} = spawnSync(
    process.execPath,
    ['scripts/replicas/run.mjs', '--cells', '3', '--seed', '5'],
    {cwd: ROOT, encoding: 'utf8', env: {...process.env, TF_CPP_MIN_LOG_LEVEL: '3'}, timeout: CHILD_LIMIT_MS},
  );
  expect({status, stdout, stderr}).toMatchObject({status: 0});
  expect(stdout).toMatch(/^3 cells, 0 wrong/m);
  expect(stdout).not.toContain('WRONG');
});
