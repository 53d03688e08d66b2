/** The end of a command's process. */
import {spawn} from 'node:child_process';

/** Milliseconds. */
export interface EndTimes {
  /**
   * For what is just closing; a plugin that forgot a timer or a socket would keep the process for
   * ever.
   * @default 1000
   */
  graceMs?: number;
  /** For Node's own end. @default 10000 */
  killMs?: number;
}

/**
 * Resolves when all output has been written. A stream that was closed is not waited for.
 */
const flushed = (stream: NodeJS.WriteStream) =>
  new Promise<void>(resolve => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.write('', () => resolve());
  });

/**
 * Kills the process that started it, if that is still there after a while; once it is gone, its
 * child has another parent.
 */
const WATCHER = `
const [parent, ms] = process.argv.slice(1).map(Number);
setInterval(() => process.ppid === parent || process.exit(), 100);
setTimeout(() => process.ppid === parent && process.kill(parent, 'SIGKILL'), ms).unref();`;

/**
 * Node's exit waits for reads that the operating system does not end, as on a network disk that
 * hangs: in that state no code of this process runs any more.
 */
function killLater(killMs: number): void {
  // There a child can't detect that its parent is gone.
  if (process.platform === 'win32') return;
  const watcher = spawn(process.execPath, ['-e', WATCHER, String(process.pid), String(killMs)], {
    detached: true,
    stdio: 'ignore',
  });
  // Without the watcher the process ends all the same, but for that case.
  watcher.on('error', () => {});
  watcher.unref();
}

/**
 * Ends this process at once, for who does not want to wait: within `killMs` milliseconds even where
 * a read hangs in the operating system; the exit code is then that of a killed process.
 */
export function exitNow(code: number, killMs = 500): never {
  killLater(killMs);
  process.exit(code);
}

/**
 * Ends this process with an exit code: by itself where nothing keeps it alive, else after a short
 * grace. What was written to the standard streams arrives first.
 */
export async function endProcess(
  code: number,
  {graceMs = 1000, killMs = 10_000}: EndTimes = {},
): Promise<void> {
  process.exitCode = code;
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Unref'd: it must not be what keeps the process alive.
  setTimeout(() => exitNow(code, killMs), graceMs).unref();
}
