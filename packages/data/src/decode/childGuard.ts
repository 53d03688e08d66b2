/**
 * Ends child processes that would outlive this one. A process that is killed with -9 can't end
 * them, and ffmpeg does not notice as long as it writes nothing.
 */
import {spawn, type ChildProcess} from 'node:child_process';

/**
 * Reads `+ pid` and `- pid`; at the end of its input, which no kill prevents, it kills the rest.
 */
const SCRIPT = `
trap '' HUP INT TERM
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -) rest=; for one in $pids; do [ "$one" = "$pid" ] || rest="$rest $one"; done; pids=$rest ;;
  esac
done
for pid in $pids; do kill -KILL "$pid"; done`;

let guard: ChildProcess | undefined;

/** One a thread, started with the first child; it keeps no process alive. */
function started(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {detached: true, stdio: ['pipe', 'ignore', 'ignore']});
  // Without a guard, children end all the same, but for kill -9.
  child.on('error', () => {});
  child.stdin!.on('error', () => {});
  child.once('exit', () => (guard = undefined));
  child.unref();
  (child.stdin as unknown as {unref(): void}).unref();
  return child;
}

/**
 * Starts a child by `start`, and kills it when this thread or process ends before it, however that
 * happens. The guard is started first: from the start of a child to here takes microseconds.
 */
export function guarded<T extends ChildProcess>(start: () => T): T {
  const stdin = process.platform === 'win32' ? null : (guard ??= started()).stdin;
  const child = start();
  if (child.pid === undefined) return child;
  stdin?.write(`+ ${child.pid}\n`);
  child.once('exit', () => stdin?.write(`- ${child.pid}\n`));
  return child;
}
