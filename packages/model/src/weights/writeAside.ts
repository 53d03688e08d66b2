/** Writing that leaves the old file or the new one, never a part. */
import {randomUUID} from 'node:crypto';
import {open, rename, rm, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {weightsWriteError} from '@rife-train/errors';

/** A single write may take fewer bytes than it was given. */
async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength;) {
    const {bytesWritten} = await handle.write(chunk, done, chunk.byteLength - done);
    done += bytesWritten;
  }
}

async function writeFlushed(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    for (const chunk of chunks) await writeAll(handle, chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without it a rename may be lost in a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes chunks to a new file beside `file`, flushes it and puts it in place of `file`.
 * @throws RIFE_ERR_WEIGHTS_WRITE; then nothing is left behind, and what stood at `file` is untouched
 */
export async function writeAside(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const aside = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFlushed(aside, chunks);
    await rename(aside, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(aside, {force: true});
    throw weightsWriteError(file, error);
  }
}
