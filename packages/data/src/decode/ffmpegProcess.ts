/** Starts ffmpeg. Each one is watched: it must make progress, and it ends with this process. */
import {spawn, type ChildProcessByStdio, type StdioOptions} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import type {Readable, Writable} from 'node:stream';
import {ffmpegMissing, ffmpegStuck} from '@rife-train/errors';
import {guarded} from './childGuard.js';
import {ffmpegOnce} from './ffmpeg.js';

const STDERR_LIMIT = 64 * 1024;

/**
 * Time without progress after which ffmpeg is killed, and how often progress is checked. Checks are
 * counted, not time, because a suspended process or machine makes no progress either.
 */
export const STALL_MS = 120_000;
const LOOKS = 12;

/** How ffmpeg ended. */
export interface FfmpegEnd {
  /** Null if it was killed by a signal. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The last part of its log. */
  stderr: string;
}

/** A running ffmpeg. */
export interface FfmpegProcess {
  /** Null unless it reads its input. */
  stdin: Writable | null;
  stdout: Readable;
  /** Its log, of which {@link FfmpegEnd} has the end. */
  stderr: Readable;
  /** @throws RIFE_ERR_DATA_FFMPEG when it can't be started, RIFE_ERR_DATA_STUCK when it hangs */
  end: Promise<FfmpegEnd>;
  kill(): void;
}

/** Options of {@link startFfmpeg}. */
export interface StartOptions {
  /** ffmpeg reads its standard input. @default false */
  readsInput?: boolean;
  /** Ctrl-C in a terminal does not reach it: the caller decides what is finished. @default false */
  isOwnGroup?: boolean;
  /** Milliseconds. @default STALL_MS */
  stallMs?: number;
  /** Path of ffmpeg. @default what `ffmpegOnce` finds */
  binary?: string;
}

/** Node's pipes are sockets, which count bytes. */
type Child = ChildProcessByStdio<Socket | null, Socket, Socket>;

/** Processor time that a process has used, in clock ticks; undefined where it can't be read. */
function processorTime(pid: number | undefined): string | undefined {
  try {
    // After the name in parentheses, which may hold anything, utime and stime are fields 12 and 13.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    return fields.slice(11, 13).join();
  } catch {
    return undefined;
  }
}

/**
 * Calls `onStall` when the child has used no processor time and moved no bytes for too long,
 * although its output was read and it had input.
 */
function watchStall(child: Child, stallMs: number, onStall: () => void): void {
  const {pid, stdin, stdout} = child;
  let [looks, before] = [0, ''];
  const timer = setInterval(() => {
    const isHungry = stdin && !stdin.writableEnded && stdin.writableLength === 0;
    const moved = [stdout, stdin].map(stream => [stream?.bytesRead, stream?.bytesWritten]);
    const now = [processorTime(pid), ...moved].join();
    looks = isHungry || stdout.readableLength > 0 || now !== before ? 0 : looks + 1;
    before = now;
    if (looks >= LOOKS) onStall();
  }, stallMs / LOOKS).unref();
  child.once('close', () => clearInterval(timer));
}

/** The file that ffmpeg reads, for errors. */
const inputOf = (args: readonly string[]) => args[args.indexOf('-i') + 1]?.replace(/^file:/, '') ?? '';

/**
 * Starts ffmpeg. It is killed when it makes no progress, and when this thread or process ends.
 * @throws RIFE_ERR_DATA_FFMPEG when there is none
 */
export async function startFfmpeg(
  args: readonly string[],
  options: StartOptions = {},
): Promise<FfmpegProcess> {
  const {readsInput = false, isOwnGroup = false, stallMs = STALL_MS} = options;
  const {binary = await ffmpegOnce()} = options;
  const detached = isOwnGroup && process.platform !== 'win32';
  const all = ['-hide_banner', ...(readsInput ? [] : ['-nostdin']), ...args];
  const stdio: StdioOptions = [readsInput ? 'pipe' : 'ignore', 'pipe', 'pipe'];
  const child = guarded(() => spawn(binary, all, {stdio, detached, windowsHide: true})) as Child;
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_LIMIT);
  });
  // Its exit code and log explain why it stopped reading.
  child.stdin?.on('error', () => {});
  const end = new Promise<FfmpegEnd>((resolve, reject) => {
    child.on('error', error => reject(ffmpegMissing(`"${binary}" can't be started: ${error.message}`)));
    child.on('close', (exitCode, signal) => resolve({exitCode, signal, stderr}));
    watchStall(child, stallMs, () => {
      const error = ffmpegStuck(inputOf(args), stallMs);
      child.kill('SIGKILL');
      child.stdout.destroy(error);
      reject(error);
    });
  });
  child.stdout.on('error', () => {});
  // It may be awaited after the output; until then a rejection must not count as unhandled.
  end.catch(() => {});
  return {stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, end, kill: () => void child.kill()};
}
