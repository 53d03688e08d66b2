import {join} from 'node:path';
import {runNode} from '../run.mjs';
import {ROOT} from './reach.mjs';

/** Runs jest on the workspace, and returns its exit code. */
export function runJest(args) {
  // Here and not in a test: TensorFlow reads the process's own environment, and jest's sandbox has
  // a copy.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  return runNode([join(ROOT, 'node_modules/jest/bin/jest.js'), ...args], {cwd: ROOT});
}
