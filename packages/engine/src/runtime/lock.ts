/** Allows one installing process at a time; a lock whose owner died is taken over. */
import {rmdirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {engineLockedError} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import type {Host} from './host.js';

export interface LockTimes {
  /** A lock that has not been touched for this time belongs to a dead process. @default 10000 */
  staleMs?: number;
  /** How long to wait for another process. @default 1800000 */
  patienceMs?: number;
}

/**
 * Runs work while holding the lock `<target>.lock`. The owner touches it every few seconds, which
 * distinguishes a crashed owner from a slow one.
 * @throws RIFE_ERR_ENGINE_LOCKED if another process holds it for longer than `patienceMs`
 */
export async function withLock<T>(
  host: Host,
  target: string,
  work: () => Promise<T>,
  times: LockTimes = {},
): Promise<T> {
  const {staleMs = 10_000, patienceMs = 1_800_000} = times;
  makeFolder(dirname(target));
  const release = await acquire(host, target, staleMs, patienceMs);
  try {
    return await work();
  } finally {
    // Fails only if the lock was lost in the meantime, and then there is nothing to release.
    await release().catch(() => undefined);
  }
}

async function acquire(
  host: Host,
  target: string,
  staleMs: number,
  patienceMs: number,
): Promise<() => Promise<void>> {
  // Loaded here, because it installs signal handlers when loaded.
  const {lock} = (await import('proper-lockfile')).default;
  const lockfilePath = `${target}.lock`;
  // The time of day may jump, and the wait would end at once or never.
  const started = performance.now();
  const removeIfSilent = silenceWatch(lockfilePath, staleMs);
  for (let waited = false; ; waited = true) {
    try {
      // A lost lock (for example, because the machine slept) leads to two builds at worst: each has
      // its own folder, and the second to finish uses the first one's.
      return await lock(target, {
        lockfilePath,
        realpath: false,
        stale: staleMs,
        onCompromised: () => undefined,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    }
    removeIfSilent();
    if (performance.now() - started > patienceMs)
      throw engineLockedError(lockfilePath, performance.now() - started);
    if (!waited) host.log('waiting for another process that is installing TensorFlow');
    await sleep(Math.min(500, patienceMs));
  }
}

/**
 * Removes a lock that is not touched for `staleMs` while it is watched. By its time of day, which
 * proper-lockfile looks at, a lock from before the clock was set back would hold for as long.
 */
function silenceWatch(lockfilePath: string, staleMs: number): () => void {
  const touched = () => statSync(lockfilePath, {throwIfNoEntry: false})?.mtimeMs;
  let last = touched();
  let sinceMs = performance.now();
  return () => {
    const now = touched();
    if (now !== last) [last, sinceMs] = [now, performance.now()];
    else if (now !== undefined && performance.now() - sinceMs > staleMs) rmdirSync(lockfilePath);
  };
}
