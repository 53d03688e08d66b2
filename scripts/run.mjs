import {spawnSync} from 'node:child_process';
import {realpathSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** Something that the reader has to put right; printed without a stack. */
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

/** Runs npm: the one that started us, or the one on the PATH. */
export function runNpm(args, options = {}) {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js')) return runNode([own, ...args], options);
  // Windows can't start npm, a .cmd file, without a shell.
  const shell = process.platform === 'win32';
  const {status, error} = spawnSync('npm', args, {stdio: 'inherit', shell, ...options});
  if (error)
    throw new ScriptError(`npm could not be started: ${error.message}`, 'install npm, it comes with Node');
  return status ?? 1;
}

/** Is this module the script that node was asked to run? */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

/** Prints an error: what the reader can put right without a stack. */
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
