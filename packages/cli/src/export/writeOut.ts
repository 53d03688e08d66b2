/** Writes exported files: all of them or none. */
import {randomUUID} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {exportExists, exportFailed} from '@rife-train/errors';

/** @throws RIFE_ERR_EXPORT_EXISTS; called before anything is computed */
export function checkOut(out: string, isReplaced: boolean): void {
  if (existsSync(out) && !isReplaced) throw exportExists(out);
}

/**
 * Writes into a folder beside the target, and moves it there when it is complete.
 *
 * @param name of the one file that `out` itself becomes; undefined: `out` is a folder of all files
 * @throws RIFE_ERR_EXPORT_WRITE
 */
export async function writeOut(
  out: string,
  files: ReadonlyMap<string, Uint8Array>,
  name?: string,
): Promise<void> {
  const aside = `${out}.${randomUUID()}.tmp`;
  try {
    await mkdir(aside, {recursive: true});
    for (const [file, bytes] of files) {
      await mkdir(dirname(join(aside, file)), {recursive: true});
      await writeFile(join(aside, file), bytes);
    }
    await rm(out, {recursive: true, force: true});
    await rename(name === undefined ? aside : join(aside, name), out);
  } catch (error) {
    throw exportFailed(out, error);
  } finally {
    await rm(aside, {recursive: true, force: true});
  }
}
