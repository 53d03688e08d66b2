/**
 * `npm test`: set-up, then types of the tests, lint, format and jest. All of them run, whichever
 * fails. Further arguments go to jest. The last line counts jest's tests and these three checks:
 * `N passed, N failed`.
 */
import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {isMain, printError, runMain, runNode} from './run.mjs';
import {setup} from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache');
const RESULTS = join(CACHE, 'rife-jest.json');
const bin = path => join(ROOT, 'node_modules', path);

const CHECKS = [
  ['types', [bin('typescript/bin/tsc'), '-p', 'tsconfig.tests.json']],
  ['lint', [bin('eslint/bin/eslint.js'), '.']],
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
];

/** Runs one check and says how it ended; true when it passed. */
function check([name, command]) {
  const started = Date.now();
  const passed = runNode(command, {cwd: ROOT}) === 0;
  console.log(`${name}: ${passed ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return passed;
}

/** Runs jest; counts come from its own report. A run that wrote none counts as one failure. */
function runJest(args) {
  mkdirSync(CACHE, {recursive: true});
  rmSync(RESULTS, {force: true});
  // Here and not in a test: TensorFlow reads the process's own environment, and jest's sandbox has
  // a copy.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const code = runNode([bin('jest/bin/jest.js'), '--json', `--outputFile=${RESULTS}`, ...args], {cwd: ROOT});
  const report = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : undefined;
  return jestCounts(code, report);
}

/** A suite that could not even be loaded has no tests of its own: it counts as one failure. */
export function jestCounts(code, report) {
  if (!report) return {passed: 0, failed: 1, skipped: 0};
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** The last line; other programs read it. */
export function summary({passed, failed, skipped}) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Set-up; if it fails, that counts as one failure, and nothing else can be reported. */
async function ready() {
  try {
    await setup();
    return true;
  } catch (error) {
    printError(error);
    console.log(summary({passed: 0, failed: 1, skipped: 0}));
    return false;
  }
}

async function test(args) {
  if (!(await ready())) return 1;
  const checks = CHECKS.map(check);
  const counts = runJest(args);
  const passed = checks.filter(Boolean).length;
  const total = {...counts, passed: counts.passed + passed, failed: counts.failed + checks.length - passed};
  console.log(summary(total));
  return total.failed === 0 ? 0 : 1;
}

if (isMain(import.meta.url)) await runMain(test);
