/**
 * Fails a suite that would run a build older than its sources; scripts/choose/jestSetup.mjs detects
 * it.
 */
import {join} from 'node:path';

const told = process.env['RIFE_TEST_OLD_DIST'];
if (told !== undefined) {
  const {wrong, tests} = JSON.parse(told) as {wrong: string; tests: string[]};
  const root = join(__dirname, '../..');
  const {testPath} = expect.getState();
  if (tests.some(test => join(root, test) === testPath)) throw new Error(wrong);
}
