/** Runs jest in a copy of the workspace, and judges the result. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join, relative} from 'node:path';
import {SLOWNESS} from '../slowness.mjs';

const LIMIT_MS = 300_000 * SLOWNESS;

/**
 * `expect` marks the errors that it throws; a crash, a wrong type or a missing file has no such
 * mark.
 */
const isAssertion = ({failureDetails}) =>
  failureDetails.some(({matcherResult}) => matcherResult !== undefined);

/** Number of tests that ran, the first that failed in an `expect`, and what else went wrong. */
export function outcomeOf(report, folder) {
  if (!report) return {ran: 0, broken: 'jest wrote no report (it crashed, or took too long)'};
  const results = report.testResults.flatMap(({name, assertionResults}) =>
    assertionResults.map(result => ({...result, file: relative(folder, name)})),
  );
  const failed = results.filter(({status}) => status === 'failed');
  const caught = failed.find(isAssertion);
  const unloaded = report.testResults.find(
    ({status, assertionResults}) => status === 'failed' && assertionResults.length === 0,
  );
  const why = unloaded?.message ?? failed[0]?.failureMessages[0];
  return {
    ran: failed.length + report.numPassedTests,
    ...(caught && {caught: {file: caught.file, test: caught.fullName}}),
    ...(!caught && why && {broken: why.split('\n').slice(0, 5).join('\n')}),
  };
}

/**
 * Runs jest without its output. It is killed if it takes too long, or when this process ends: it
 * would otherwise continue by itself.
 */
async function runJest(folder, args, env) {
  const jest = join(folder, 'node_modules/jest/bin/jest.js');
  const options = {cwd: folder, env, stdio: 'ignore', timeout: LIMIT_MS, killSignal: 'SIGKILL'};
  const child = spawn(process.execPath, [jest, ...args], options);
  const kill = () => child.kill('SIGKILL');
  process.prependOnceListener('exit', kill); // before the folder is removed
  await once(child, 'close');
  process.off('exit', kill);
}

/**
 * Runs test files, and in those the tests whose names match `name`.
 * @param tests {files, name}
 * @param env additional variables
 */
export async function runTests(folder, {files, name}, env = {}) {
  const output = join(folder, 'jest-report.json');
  rmSync(output, {force: true});
  const how = ['--runInBand', '--silent', '--forceExit'];
  const reports = ['--json', `--outputFile=${output}`, `--cacheDirectory=${join(folder, '.jest-cache')}`];
  const which = [...(name ? ['-t', name] : []), '--runTestsByPath', ...files];
  await runJest(folder, [...how, ...reports, ...which], {...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...env});
  return outcomeOf(existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined, folder);
}
