/**
 * `npm run test:quick`: the tests that need neither TensorFlow nor other processes, threads or
 * ffmpeg. Which they are is read from what they import: a new one needs no entry anywhere.
 *
 *     npm run test:quick -- [options of jest]
 */
import {accessSync, constants, mkdtempSync, rmSync} from 'node:fs';
import {isMain, runMain} from '../run.mjs';
import {runJest} from './jest.mjs';
import {ownWorkspace} from './reach.mjs';

/** Modules that are needed to start anything of this kind. */
export const STARTERS = {
  TensorFlow: [
    'packages/engine/src/runtime/registerBackend.ts',
    '@tensorflow/tfjs-node',
    '@tensorflow/tfjs-node-gpu',
  ],
  processes: ['node:child_process', 'node:cluster'],
  threads: ['node:worker_threads', 'piscina'],
  ffmpeg: ['@ffmpeg-installer/ffmpeg'],
};

/** What a test may start: names of STARTERS; none for a quick one. */
export function needsOf(test, workspace = ownWorkspace()) {
  const reached = workspace.reach(test, {strings: false});
  return Object.keys(STARTERS).filter(what => STARTERS[what].some(module => reached.has(module)));
}

/** jest's project `quick`. */
export const quickTests = (workspace = ownWorkspace()) =>
  workspace.tests().filter(test => needsOf(test, workspace).length === 0);

/**
 * A folder in memory: the tests of checkpoints otherwise wait for the disk thousands of times.
 * Undefined if there is none.
 */
function folderInMemory() {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return mkdtempSync('/dev/shm/rife-train-tests-');
  } catch {
    return undefined;
  }
}

function quick(args) {
  const folder = folderInMemory();
  // On Ctrl-C jest ends by itself, and then the folder must be removed.
  process.on('SIGINT', () => {});
  try {
    // jestSetup.mjs passes it on: jest's own cache stays where it is.
    if (folder) process.env.RIFE_TEST_TMPDIR = folder;
    return runJest([...args, '--selectProjects', 'quick']);
  } finally {
    if (folder) rmSync(folder, {recursive: true, force: true});
  }
}

if (isMain(import.meta.url)) await runMain(quick);
