import {closeSync, openSync, rmSync, statSync, utimesSync} from 'node:fs';

/** Milliseconds without a sign of life after which a claim is considered abandoned. */
const STALE_MS = 30_000;

/**
 * Marks for other threads and processes that a copy is being made. This only saves duplicate work;
 * the copies are correct without it.
 */
export interface Claim {
  /** Renews the claim. */
  touch(): void;
  release(): void;
}

/** Milliseconds since a file was touched; undefined if there is none. */
function ageOf(path: string): number | undefined {
  const found = statSync(path, {throwIfNoEntry: false});
  // A time of the future is from before the clock was set back.
  return found && Math.abs(Date.now() - found.mtimeMs);
}

/**
 * @returns undefined if another thread or process has the claim
 * @throws errors of the file system
 */
export function claimFile(path: string): Claim | undefined {
  const age = ageOf(path);
  if (age !== undefined && age > STALE_MS) rmSync(path, {force: true});
  try {
    closeSync(openSync(path, 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  return {
    touch() {
      try {
        utimesSync(path, new Date(), new Date());
      } catch {
        // An abandoned claim is taken over. At worst the work is done twice; both copies are whole.
      }
    },
    release: () => rmSync(path, {force: true}),
  };
}
