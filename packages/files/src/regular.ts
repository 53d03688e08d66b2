/**
 * Files from outside are opened only if they are regular: reading a named pipe waits for ever, and
 * `/dev/zero` never ends.
 */
import {closeSync, constants, fstatSync, openSync, readFileSync, type Stats} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';

/** Without this flag, opening a named pipe waits for a writer. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const KINDS: readonly (readonly [isOne: (stats: Stats) => boolean, name: string])[] = [
  [stats => stats.isFIFO(), 'a named pipe'],
  [stats => stats.isSocket(), 'a socket'],
  [stats => stats.isCharacterDevice() || stats.isBlockDevice(), 'a device'],
];

/** @throws Error for a pipe, socket or device; reading a folder fails by itself */
function check(stats: Stats): void {
  const kind = KINDS.find(([isOne]) => isOne(stats));
  if (kind) throw new Error(`it is ${kind[1]}, and only regular files are read`);
}

/** Opens a regular file for reading. @throws Error of the operating system, or for other kinds */
export async function openRegular(file: string): Promise<FileHandle> {
  const handle = await open(file, FLAGS);
  try {
    check(await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads a regular file. @throws as {@link openRegular} */
export async function readRegular(file: string): Promise<Buffer> {
  const handle = await openRegular(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** As {@link openRegular}, synchronous; returns a file descriptor. */
export function openRegularSync(file: string): number {
  const descriptor = openSync(file, FLAGS);
  try {
    check(fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** As {@link readRegular}, synchronous. */
export function readRegularSync(file: string): Buffer {
  const descriptor = openRegularSync(file);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
