/** What an attack works with: a folder of its own, and the built command in a process group. */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/rife-train.js', import.meta.url));

/** What a process put out, and how it ended. */
const outcome = (child, startMs, output) => ({
  code: child.exitCode,
  signal: child.signalCode,
  ms: Date.now() - startMs,
  ...output,
});

/**
 * Starts a program in a process group of its own, which is killed after `timeoutMs`.
 * @returns the child, and a promise of its outcome; `timedOut` is set where it was killed
 */
export function start(program, args, {cwd, env = {}, input, timeoutMs = 300_000} = {}) {
  const startMs = Date.now();
  const child = spawn(program, args, {cwd, env: {...process.env, ...env}, detached: true});
  const output = {stdout: '', stderr: '', timedOut: false};
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', text => (output[name] += text));
  child.stdin.on('error', () => {}).end(input);
  const late = setTimeout(() => {
    output.timedOut = true;
    signalGroup(child, 'SIGKILL');
  }, timeoutMs);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(late);
      resolve(outcome(child, startMs, output));
    });
  });
  return {child, ended};
}

/** Sends a signal to a child and all that it has started. @returns whether anything was there */
export function signalGroup(child, signal) {
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/**
 * Tools of one attack.
 * - `folder`: empty, and removed afterwards
 * - `rife(args, options)`: runs the built command to its end
 * - `startRife(args, options)`: starts it, and returns `{child, ended}`
 */
export function toolsFor() {
  const folder = mkdtempSync(join(tmpdir(), 'rife-attack-'));
  const startRife = (args, options) => start(process.execPath, [COMMAND, ...args], {cwd: folder, ...options});
  return {
    folder,
    startRife,
    rife: (args, options) => startRife(args, options).ended,
    cleanUp: () => rmSync(folder, {recursive: true, force: true}),
  };
}

/** The error code in an output; undefined without one. */
export const codeIn = text => /RIFE_ERR_\w+/.exec(text)?.[0];

/** @throws an error that says what was seen, unless the condition holds */
export function check(condition, seen) {
  if (!condition) throw new Error(seen);
}
