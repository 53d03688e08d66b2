/** Work beside its place: in a folder of this process, which is renamed when it is complete. */
import {readdirSync, rmSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {isAlive, makeFolder} from '@rife-train/files';

/** What an unfinished folder is: an engine that is being built, or a download. */
export type Unfinished = 'building' | 'partial';

/**
 * Runs work with an empty folder `<target>.<kind>-<process>`, which is removed afterwards. What
 * killed processes left is removed first. A lock is no substitute: it passes to another process
 * while its owner's machine sleeps, and pip outlives a killed owner.
 */
export async function aside<T>(
  target: string,
  kind: Unfinished,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = `${target}.${kind}-${process.pid}`;
  makeFolder(dirname(target));
  removeLeftovers(target, kind);
  makeFolder(folder);
  try {
    return await work(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Removes `<target>.<kind>-*`, except those of other processes that run. */
export function removeLeftovers(target: string, kind: Unfinished | 'broken'): void {
  const prefix = `${basename(target)}.${kind}-`;
  for (const entry of readdirSync(dirname(target))) {
    if (!entry.startsWith(prefix) || isOtherProcess(Number(entry.slice(prefix.length)))) continue;
    rmSync(join(dirname(target), entry), {recursive: true, force: true});
  }
}

const isOtherProcess = (pid: number) => pid !== process.pid && isAlive(pid);
