import {readdirSync, rmdirSync} from 'node:fs';
import {makeFolder} from '@rife-train/files';
import {claimFolder} from './lock.js';

const removeEmpty = (folder: string) => {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
};

/**
 * Claims a folder for this process while `work` writes into it.
 * @param unwritable makes the error for a folder that can't be made or claimed
 * @throws RIFE_ERR_CLI_IN_USE
 */
export async function owning<T>(
  folder: string,
  command: string,
  work: () => Promise<T>,
  unwritable: (error: unknown) => unknown,
): Promise<T> {
  let claim, made: string | undefined;
  try {
    made = makeFolder(folder);
    claim = claimFolder(folder, {command});
  } catch (error) {
    throw unwritable(error);
  }
  try {
    return await work();
  } finally {
    claim.release();
    // A command that failed before it wrote anything leaves no folder.
    if (made !== undefined) removeEmpty(folder);
  }
}
