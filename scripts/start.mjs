/** `npm start`: set-up, then the quickstart run. Further arguments go to `rife-train train` (`npm start -- --resume`). */
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {isMain, runMain} from './run.mjs';
import {setup} from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = join(ROOT, 'packages/cli/bin/rife-train.js');
const CONFIG = 'examples/quickstart/rife.config.ts';
/** Two signals closer than this are one key press. */
const ONE_PRESS_MS = 500;

/** The arguments of the command. A new run moves an earlier one aside, so that a second `npm start` ends well too. */
export function trainArguments(args) {
  const decided = args.some(arg => ['--resume', '--fresh', '--help'].includes(arg.split('=')[0]));
  return ['train', '--config', CONFIG, ...(decided ? [] : ['--fresh']), ...args];
}

/**
 * On Ctrl-C the terminal signals every process in the foreground, and npm passes the signal on to us again. Without this the
 * trainer would take one press for two, and the second means "quit without saving".
 */
function mergeRepeatedSignals() {
  const emit = process.emit;
  let last = -Infinity;
  process.emit = function (event, ...args) {
    if (event === 'SIGINT' || event === 'SIGTERM') {
      const before = last;
      last = performance.now();
      if (last - before < ONE_PRESS_MS) return true;
    }
    return emit.call(this, event, ...args);
  };
}

async function start(args) {
  setup();
  process.chdir(ROOT);
  mergeRepeatedSignals();
  // In this process: signals and kill -9 then reach the training itself, and the exit code is its own.
  process.argv = [process.execPath, COMMAND, ...trainArguments(args)];
  await import(pathToFileURL(COMMAND).href);
  return process.exitCode;
}

if (isMain(import.meta.url)) await runMain(start);
