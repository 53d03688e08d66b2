/** What processes leave when they are killed: files and folders with their number in the name. */
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';

/** Is there a process of this number? Another user's is one too. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a removal of stale files looks for. */
export interface StaleOptions {
  /** Start of the names; the number of a process follows. */
  prefix: string;
  /**
   * Age in milliseconds. The process of another container looks gone too, so it must be more than
   * what a process needs its files for.
   */
  staleMs: number;
}

/**
 * Removes files and folders of processes that are gone. Nothing happens where there is no such
 * folder.
 */
export function removeStale(folder: string, {prefix, staleMs}: StaleOptions): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) {
    if (!name.startsWith(prefix) || isAlive(parseInt(name.slice(prefix.length), 10))) continue;
    const path = join(folder, name);
    try {
      if (Date.now() - statSync(path).mtimeMs >= staleMs) rmSync(path, {recursive: true, force: true});
    } catch {
      // Another process has removed it, or it belongs to another user.
    }
  }
}
