/**
 * `npm start`: set-up, then the quickstart run. Further arguments go to `rife-train train`
 * (`npm start -- --resume`).
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {isMain, runMain} from './run.mjs';
import {setup} from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = join(ROOT, 'packages/cli/bin/rife-train.js');
const CONFIG = 'examples/quickstart/rife.config.ts';
const NPM_CHECK_MS = 250;
/** Flags with which the user does not want a new run. */
const OTHER = /^(--resume|-r|--fresh|-f|--help|-h)($|=)/;

/**
 * The arguments of the command. A new run moves an earlier one aside, so that a second `npm start`
 * works too.
 */
export function trainArguments(args) {
  const isNewRun = !args.some(arg => OTHER.test(arg));
  return ['train', '--config', CONFIG, ...(isNewRun ? ['--fresh'] : []), ...args];
}

/**
 * Process id of npm, which started us, usually with a shell between (if it can be found: Linux).
 */
function npmProcess() {
  const parent = process.ppid;
  try {
    const [shell, flag] = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0');
    if (!shell.endsWith('sh') || flag !== '-c') return parent;
    // `pid (name) state ppid ...`; the name may hold blanks and brackets.
    const fields = readFileSync(`/proc/${parent}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return Number(fields[1]);
  } catch {
    return parent;
  }
}

/**
 * Ends if npm is killed or its terminal is closed. npm can't pass on `kill -9`, and a training that
 * nobody sees would keep the folder that `npm start -- --resume` opens. It saves first, as for any
 * SIGTERM.
 */
function endWithNpm() {
  const npm = npmProcess();
  const timer = setInterval(() => {
    if (npmProcess() === npm) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, NPM_CHECK_MS);
  timer.unref();
}

async function start(args) {
  await setup();
  if (process.env.npm_lifecycle_event === 'start') endWithNpm();
  process.chdir(ROOT);
  // In this process: signals and kill -9 then reach the training itself, and its exit code is ours.
  process.argv = [process.execPath, COMMAND, ...trainArguments(args)];
  await import(pathToFileURL(COMMAND).href);
  return process.exitCode;
}

if (isMain(import.meta.url)) await runMain(start);
