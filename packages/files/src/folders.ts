/** Makes folders: those that a user names, and those for temporary files. */
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {temporaryFolderError} from '@rife-train/errors';

const isThere = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EEXIST';

/**
 * Makes a folder and those above it. Node's own `recursive` never returns on file systems such as
 * /proc, which refuse a new folder with the code for a missing one.
 * @returns the first folder that was made, absolute; undefined if all were there
 * @throws the error of the file system, with its code
 */
export function makeFolder(folder: string): string | undefined {
  const path = resolve(folder);
  const parent = dirname(path);
  const above = existsSync(parent) ? undefined : makeFolder(parent);
  try {
    mkdirSync(path);
    return above ?? path;
  } catch (error) {
    // With `recursive` this checks that it is a folder, and makes nothing.
    if (isThere(error)) mkdirSync(path, {recursive: true});
    else throw error;
    return above;
  }
}

/**
 * Makes a folder for temporary files, which the caller removes.
 * @param prefix start of its name
 * @param files what is in it, by name
 * @param within where it is made
 * @throws RIFE_ERR_TEMPORARY, and then leaves nothing
 */
export function makeTemporaryFolder(
  prefix: string,
  files: Record<string, Uint8Array> = {},
  within = tmpdir(),
): string {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(within, prefix));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return folder;
  } catch (error) {
    if (folder) rmSync(folder, {recursive: true, force: true});
    throw temporaryFolderError(within, error);
  }
}
