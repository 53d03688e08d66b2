/** The file operations of checkpoints, each of which can be counted, fail, or be the last one. */
import {disk} from '@rife-train/files';

/** Operations on an open file that a full disk rejects; closing always works. */
const OF_HANDLE = ['write', 'sync'];

const guarded = (name, real, before) =>
  async function operation(...args) {
    before(name);
    return real.apply(this, args);
  };

/**
 * Calls `before(name)` ahead of each operation until the returned function is called. If it throws,
 * the operation throws the same error.
 */
export function beforeOperations(before) {
  const real = {...disk};
  for (const name of Object.keys(real)) disk[name] = guarded(name, real[name], before);
  const {open} = disk;
  disk.open = async (...args) => {
    const handle = await open(...args);
    for (const name of OF_HANDLE) handle[name] = guarded(name, handle[name], before);
    return handle;
  };
  return () => void Object.assign(disk, real);
}
