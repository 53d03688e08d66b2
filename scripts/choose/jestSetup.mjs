/**
 * Runs before all tests. Sets the folder for temporary files (quick.mjs), and warns the tests that
 * run the build if it is older than its sources (test/setup/oldDist.ts).
 */
import {oldDist} from '../dist.mjs';
import {DIST, ownWorkspace} from './reach.mjs';

export default function () {
  const {RIFE_TEST_TMPDIR: folder} = process.env;
  if (folder) process.env.TMPDIR = folder;
  const wrong = oldDist();
  delete process.env.RIFE_TEST_OLD_DIST;
  if (wrong === undefined) return;
  const workspace = ownWorkspace();
  const tests = workspace.tests({slow: true}).filter(test => workspace.reach(test).has(DIST));
  process.env.RIFE_TEST_OLD_DIST = JSON.stringify({wrong, tests});
}
