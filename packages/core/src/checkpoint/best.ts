/**
 * The folder `best`: the files of the best checkpoint, which retention and rollbacks leave alone.
 */
import {existsSync} from 'node:fs';
import path from 'node:path';
import {disk, syncFile, syncFolder} from '@rife-train/files';
import {isSnapshotFile} from './snapshots.js';
import {STATE_FILE} from './state.js';

export const BEST = 'best';

/** A second name for a file where the file system has such, and a copy where it has not. */
async function link(from: string, to: string): Promise<void> {
  await disk.link(from, to).catch(async () => {
    await disk.copyFile(from, to);
    await syncFile(to);
  });
}

/**
 * Replaces the best by the checkpoint `name`, which stays. A kill in between leaves the old one,
 * none, or the new one: never a part.
 */
export async function copyAsBest(folder: string, name: string): Promise<void> {
  const at = (entry: string) => path.join(folder, entry);
  const aside = at(`.new-${BEST}`);
  await disk.rm(aside, {recursive: true, force: true});
  await disk.mkdir(aside);
  for (const file of (await disk.readdir(at(name))).filter(entry => !isSnapshotFile(entry)))
    await link(path.join(at(name), file), path.join(aside, file));
  await syncFolder(aside);
  // An earlier release had a file of that name.
  await disk.rm(at(BEST), {recursive: true, force: true});
  await disk.rename(aside, at(BEST));
  await syncFolder(folder);
}

/** Is the best of that step? */
export async function isBest(folder: string, step: number): Promise<boolean> {
  const file = path.join(folder, BEST, STATE_FILE);
  if (!existsSync(file)) return false;
  try {
    return (JSON.parse(await disk.readFile(file, 'utf8')) as {step?: unknown}).step === step;
  } catch {
    return false;
  }
}
