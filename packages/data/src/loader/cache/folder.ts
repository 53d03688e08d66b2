/** The folder of cached clips: `<two digits>/<name>.rifecache`. */
import {randomUUID} from 'node:crypto';
import {readdir, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {cacheUnwritable, messageOf} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import {CLAIM_ENDING, PART_ENDING} from './fill.js';

/** Differs from that of packed clips, so that a scan skips a cache folder among clips. */
export const CACHE_ENDING = '.rifecache';

/** Unfinished files older than this are abandoned: those being written are touched more often. */
const LEFT_BEHIND_MS = 10 * 60_000;

/** Size of a copy; 0 for other files. Removes unfinished files of killed processes. */
async function look(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return 0;
  if (path.endsWith(CACHE_ENDING)) return found.size;
  const isOurs = path.endsWith(PART_ENDING) || path.endsWith(CLAIM_ENDING);
  if (isOurs && Math.abs(Date.now() - found.mtimeMs) > LEFT_BEHIND_MS) await rm(path, {force: true});
  return 0;
}

async function sizeOf(dir: string): Promise<number> {
  let bytes = 0;
  for (const group of (await readdir(dir)).filter(name => /^[0-9a-f]{2}$/.test(name))) {
    const folder = join(dir, group);
    const sizes = await Promise.all((await readdir(folder)).map(name => look(join(folder, name))));
    bytes += sizes.reduce((sum, each) => sum + each, 0);
  }
  return bytes;
}

/**
 * Creates the folder if needed, and checks that it is writable.
 * @returns bytes of the copies in it
 * @throws RIFE_ERR_DATA_CACHE
 */
export async function openFolder(dir: string): Promise<number> {
  try {
    makeFolder(dir);
    const probe = join(dir, `.${randomUUID()}`);
    await writeFile(probe, '');
    await rm(probe);
    return await sizeOf(dir);
  } catch (error) {
    throw cacheUnwritable(dir, messageOf(error), error);
  }
}
