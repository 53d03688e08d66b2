/**
 * Blocks for replicas in processes of their own, which can't share memory: files that lie in memory
 * where the system can do that.
 */
import {closeSync, constants, openSync, readSync, rmSync, statfsSync, writeSync} from 'node:fs';
import {randomUUID} from 'node:crypto';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {noBlockMemory} from '@rife-train/errors';
import {removeStale} from '@rife-train/files';
import type {OpenBlocks, Place} from './blocks.js';
import type {Link} from './link.js';

const PREFIX = 'rife-train-block-';
/** A folder in memory, on Linux. */
export const SHM = '/dev/shm';
/** Far longer than a process has a file under its name. */
const STALE_MS = 60_000;

/**
 * Removes what killed processes left. A file has a name for moments only, so there is hardly ever
 * one.
 */
export function removeStaleBlocks(folders: readonly string[] = [SHM, tmpdir()]): void {
  for (const folder of folders) removeStale(folder, {prefix: PREFIX, staleMs: STALE_MS});
}

/** A folder with space for so many bytes; else the folder for temporary files. */
export function blockFolder(bytes: number, memory = SHM): string {
  try {
    const {bavail, bsize} = statfsSync(memory);
    return bavail * bsize > 1.1 * bytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Opens a new file of zeros that are really allocated: a lack of space shows here. */
function createBlock(path: string, bytes: number): number {
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    const zeros = new Uint8Array(1 << 20);
    whole(bytes, (offset, length) => writeSync(fd, zeros, 0, Math.min(length, zeros.length), offset));
    return fd;
  } catch (error) {
    throw noBlockMemory(path, bytes, error);
  }
}

const bytesOf = ({buffer, byteOffset, byteLength}: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Reads or writes all of it; a single system call may transfer less. */
function whole(bytes: number, move: (offset: number, length: number) => number): void {
  for (let done = 0; done < bytes;) {
    const moved = move(done, bytes - done);
    if (moved === 0) throw new Error(`end of file after ${done} of ${bytes} bytes`);
    done += moved;
  }
}

/**
 * Names and folder are agreed on; each replica makes its own file, and replica 0 that of the
 * result.
 */
async function blockPaths(link: Link, {rank, count}: Place, bytes: number): Promise<string[]> {
  const name = () => `${PREFIX}${process.pid}-${randomUUID()}`;
  const all = await link.call('meanOf(): memory', {
    names: [name(), ...(rank === 0 ? [name()] : [])],
    ...(rank === 0 && {folder: blockFolder(bytes * (count + 1))}),
  });
  const {names, folder} = all[0]!;
  return [...all.map(one => one.names[0]!), names[1]!].map(file => join(folder!, file));
}

export const openFileBlocks: OpenBlocks = async (link, place, floats) => {
  const bytes = 4 * floats;
  const paths = await blockPaths(link, place, bytes);
  const owns = (block: number) => block === place.rank || (place.rank === 0 && block === place.count);
  const fds: number[] = [];
  try {
    paths.forEach((path, block) => owns(block) && (fds[block] = createBlock(path, bytes)));
    await link.call('meanOf(): memory made', undefined);
    paths.forEach((path, block) => (fds[block] ??= openSync(path, constants.O_RDWR)));
    await link.call('meanOf(): memory shared', undefined);
  } finally {
    // Open files continue to exist without a name, and end with their last process, however it
    // ends.
    paths.forEach((path, block) => owns(block) && rmSync(path, {force: true}));
  }
  return {
    write(block: number, at: number, values: Float32Array) {
      const data = bytesOf(values);
      try {
        whole(data.length, (offset, length) => writeSync(fds[block]!, data, offset, length, 4 * at + offset));
      } catch (error) {
        throw noBlockMemory(paths[block]!, bytes, error);
      }
    },
    read(block: number, at: number, scratch: Float32Array) {
      const data = bytesOf(scratch);
      whole(data.length, (offset, length) => readSync(fds[block]!, data, offset, length, 4 * at + offset));
      return scratch;
    },
    files: fds,
    close: () => fds.forEach(fd => closeSync(fd)),
  };
};
