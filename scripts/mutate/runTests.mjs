/** Runs jest in a copy of the workspace, and judges what came of it. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join, relative} from 'node:path';
import {SLOWNESS} from '../slowness.mjs';

const LIMIT_MS = 300_000 * SLOWNESS;

/** `expect` leaves its own mark on what it throws; a crash, a wrong type or a missing file does not. */
const isAssertion = ({failureDetails}) =>
  failureDetails.some(({matcherResult}) => matcherResult !== undefined);

/** How many tests ran, the first that failed in an `expect`, and what else went wrong. */
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

/** Runs jest without its output. Killed when it takes too long, or when we end: it would go on by itself. */
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
 * Runs files of tests, and of those the tests whose names match `name`.
 * @param tests {files, name}
 * @param env variables besides our own
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
