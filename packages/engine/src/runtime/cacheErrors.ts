/** Turns file system errors of the cache into coded errors. */
import {engineCacheAccessError, engineSpaceError} from '@rife-train/errors';
import type {Host} from './host.js';

const FULL = ['ENOSPC', 'EDQUOT'];
/** What file systems answer that refuse; /proc says ENOENT to each new folder. */
const DENIED = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ENOSYS', 'ENOTSUP', 'ELOOP'];

/** Runs work that writes below a folder; a full disk or missing permissions become coded errors. */
export async function writingTo<T>(host: Host, folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (FULL.includes(code)) throw engineSpaceError(folder, host.freeBytes(folder));
    if (DENIED.includes(code)) throw engineCacheAccessError(folder, error);
    throw error;
  }
}

/** Other programs report it in words. */
export const saysDiskFull = (output: string) =>
  /No space left on device|ENOSPC|Errno 28\b|Disk quota exceeded/i.test(output);

/** @throws RIFE_ERR_ENGINE_SPACE before anything is downloaded */
export function requireSpace(host: Host, folder: string, neededBytes: number): void {
  const free = host.freeBytes(folder);
  if (free < neededBytes) throw engineSpaceError(folder, free, neededBytes);
}
