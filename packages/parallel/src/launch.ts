/** Starts replicas and waits for their end. */
import {existsSync} from 'node:fs';
import {basename, dirname, isAbsolute, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {messageOf} from '@rife-train/errors';
import {Coordinator} from './coordinator.js';
import {assignDevices, type Devices} from './devices.js';
import {removeStaleBlocks} from './fileBlocks.js';
import {startInline} from './inline.js';
import type {Job} from './messages.js';
import {startProcess} from './process.js';
import {startThread} from './thread.js';

export interface LaunchOptions {
  /** Number of replicas. */
  count: number;
  /**
   * `process`: a process each; `thread`: a piscina thread each; `inline`: all in this thread, in
   * turns.
   */
  launcher: 'process' | 'thread' | 'inline';
  /** Absolute path or file URL of an ES module whose default export is a `ReplicaMain`. */
  entry: string;
  /** Passed to every replica as by `structuredClone`. */
  payload: unknown;
  /** Seconds that replicas wait for one of them; 0 for ever. */
  timeout: number;
  /** Aborting it aborts each replica's own `signal`. */
  signal?: AbortSignal | undefined;
  /** Called with each message that a replica posts. */
  onMessage?: ((rank: number, message: unknown) => void) | undefined;
  /** @default 'auto' */
  devices?: Devices | undefined;
  /**
   * Seconds that a replica may take to end by itself once the run is over, before it is killed.
   * @default 10
   */
  grace?: number | undefined;
}

/**
 * A compiled module of this package, which a thread or process can load: beside this one, or in
 * `dist` when this one runs from source.
 */
function compiled(name: string): string {
  const folder = dirname(fileURLToPath(import.meta.url));
  const path = basename(folder) === 'src' ? join(folder, '..', 'dist', name) : join(folder, name);
  if (!existsSync(path)) throw new Error(`invariant: ${path} is not there; run npm run build`);
  return path;
}

/**
 * Runs all replicas to their end. None of them is left when it settles, save a thread that can't be
 * ended because it is in a native call.
 * @returns what each returned, by rank
 * @throws the first failure, with its rank in the message and its own code; RIFE_ERR_PARALLEL_DIED,
 *   RIFE_ERR_PARALLEL_STUCK, RIFE_ERR_PARALLEL_MISMATCH, RIFE_ERR_PARALLEL_ENTRY,
 *   RIFE_ERR_PARALLEL_DEVICES
 */
export async function launchReplicas(options: LaunchOptions): Promise<unknown[]> {
  const {count, launcher, timeout, signal, onMessage, devices = 'auto', grace = 10} = options;
  const assignments = assignDevices({count, ownProcess: launcher === 'process', devices});
  if (launcher === 'process') removeStaleBlocks();
  const coordinator = new Coordinator({count, timeoutMs: timeout * 1000, graceMs: grace * 1000, onMessage});
  const entry = isAbsolute(options.entry) ? pathToFileURL(options.entry).href : options.entry;
  assignments.forEach(({device, env}, rank) => {
    const job: Job = {rank, count, entry, payload: options.payload, device};
    if (launcher === 'inline') startInline(coordinator, job);
    else if (launcher === 'thread') startThread(coordinator, job, compiled('threadMain.js'));
    else startProcess(coordinator, job, compiled('childMain.js'), {...process.env, ...env});
  });
  const abort = () => coordinator.abort(messageOf(signal!.reason));
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    return await coordinator.settled;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
