import {closeSync, openSync, rmSync, statSync, utimesSync} from 'node:fs';

/** Without a sign of life for so long, whoever claimed a copy is taken to be gone. */
const STALE_MS = 30_000;

/** Says to other threads and processes that a copy is being made. It spares them the work; no copy depends on it. */
export interface Claim {
  /** A sign of life. */
  touch(): void;
  release(): void;
}

/** Milliseconds since a file was touched; undefined where there is none. */
function ageOf(path: string): number | undefined {
  const found = statSync(path, {throwIfNoEntry: false});
  return found && Date.now() - found.mtimeMs;
}

/**
 * @returns undefined where somebody else is at it
 * @throws what the file system says
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
        // Taken over: the work is done twice, and either copy is whole.
      }
    },
    release: () => rmSync(path, {force: true}),
  };
}
