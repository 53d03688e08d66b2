/** Folders of graphs: TensorFlow loads saved models from folders only. */
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeTemporaryFolder} from '@rife-train/files';

const PREFIX = 'rife-train-graph-';
/**
 * Older folders are stale when their process is gone: that of another container looks gone too, but
 * has its folder for less time than this.
 */
const STALE_MS = 600_000;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The start of the name of a folder for a graph of this process. */
export const graphPrefix = () => `${PREFIX}${process.pid}-`;

/** Removes what killed processes left. A folder that can't be read is reported by its writer. */
export function removeStaleGraphs(folder = tmpdir()): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) {
    if (!name.startsWith(PREFIX) || isAlive(parseInt(name.slice(PREFIX.length), 10))) continue;
    const path = join(folder, name);
    try {
      if (Date.now() - statSync(path).mtimeMs >= STALE_MS) rmSync(path, {recursive: true, force: true});
    } catch {
      // Another process has removed it, or it belongs to another user.
    }
  }
}

/** A folder with the files of a graph, which the caller removes. @throws RIFE_ERR_TEMPORARY */
export function makeGraphFolder(files: Record<string, Uint8Array>): string {
  removeStaleGraphs();
  return makeTemporaryFolder(graphPrefix(), files);
}
