import {mkdirSync, readdirSync, rmdirSync} from 'node:fs';
import {claimFolder} from './lock.js';

const removeEmpty = (folder: string) => {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
};

/**
 * Writes into a folder that nobody else writes into meanwhile.
 * @param unwritable what to throw where it can't be made or claimed
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
    made = mkdirSync(folder, {recursive: true});
    claim = claimFolder(folder, {command});
  } catch (error) {
    throw unwritable(error);
  }
  try {
    return await work();
  } finally {
    claim.release();
    // What failed before it wrote anything leaves no folder behind.
    if (made !== undefined) removeEmpty(folder);
  }
}
