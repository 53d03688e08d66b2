import {spawn, spawnSync} from 'node:child_process';
import {realpathSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

/** A problem that the reader has to solve; printed without a stack. */
export class ScriptError extends Error {
  constructor(what, fix) {
    super(`${what}\n  What to do: ${fix}`);
  }
}

/** Runs node on a script with the terminal's output, and returns its exit code. */
export function runNode(args, options = {}) {
  const {status, signal, error} = spawnSync(process.execPath, args, {stdio: 'inherit', ...options});
  if (error) throw error;
  return signal ? 1 : status;
}

/**
 * Runs a program while the caller continues. `onLine` gets each line that it prints, and our own
 * stream for it; `inherits` is a file descriptor that it keeps open. Returns the exit code; rejects
 * if it could not be started.
 */
export async function follow(program, args, {onLine, inherits, ...options}) {
  const stdio = ['inherit', 'pipe', 'pipe', ...(inherits >= 0 ? [inherits] : [])];
  const child = spawn(program, args, {stdio, ...options});
  for (const name of ['stdout', 'stderr'])
    createInterface({input: child[name]}).on('line', line => onLine(line, process[name]));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', code => done(code ?? 1));
  });
}

/** {@link follow} for npm: the one that started us, or the one on the PATH. */
export async function followNpm(args, options) {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js')) return follow(process.execPath, [own, ...args], options);
  try {
    // Windows can't start npm, a .cmd file, without a shell.
    return await follow('npm', args, {shell: process.platform === 'win32', ...options});
  } catch (error) {
    throw new ScriptError(`npm could not be started: ${error.message}`, 'install npm, it comes with Node');
  }
}

/** Whether this module is the script that node was asked to run. */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

/** Prints an error; without a stack if the reader can solve it. */
export function printError(error) {
  console.error(error instanceof ScriptError ? `error: ${error.message}` : error);
}

/** Runs a script's main function: its result is the exit code, and its errors are readable. */
export async function runMain(main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  }
}
