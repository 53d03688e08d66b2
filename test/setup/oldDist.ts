/** Fails a suite that would run what was built before its sources were changed; scripts/choose/jestSetup.mjs finds out. */
import {join} from 'node:path';

const told = process.env['RIFE_TEST_OLD_DIST'];
if (told !== undefined) {
  const {wrong, tests} = JSON.parse(told) as {wrong: string; tests: string[]};
  const root = join(__dirname, '../..');
  const {testPath} = expect.getState();
  if (tests.some(test => join(root, test) === testPath)) throw new Error(wrong);
}
