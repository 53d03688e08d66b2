/**
 * Files that are written whole or not at all, and files that are checked before they are believed.
 */
import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {disk} from './disk.js';

/** Length and checksum of a file. */
export interface FileSeal {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Chunks of a file; a stream of them keeps one in memory at a time. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Flushes a folder's list of names; without it a power cut may lose a rename. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await disk.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes chunks to a file, flushes it and returns its seal. */
export async function writeSealed(file: string, chunks: Chunks): Promise<FileSeal> {
  const hash = createHash('sha256');
  const handle = await disk.open(file, 'w');
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await writeAll(handle, chunk);
      bytes += chunk.byteLength;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return {bytes, sha256: hash.digest('hex')};
}

/** A single write may take fewer bytes than it was given. */
async function writeAll(handle: Awaited<ReturnType<typeof disk.open>>, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength;) {
    const {bytesWritten} = await handle.write(chunk, done, chunk.byteLength - done);
    done += bytesWritten;
  }
}

/** Reads a file and compares it with its seal; returns the content, or what is wrong with it. */
export async function readSealed(file: string, seal: FileSeal): Promise<Buffer | string> {
  const name = path.basename(file);
  let content: Buffer;
  try {
    content = await disk.readFile(file);
  } catch (error) {
    return `${name} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  if (content.length !== seal.bytes) return `${name} has ${content.length} of ${seal.bytes} bytes`;
  return sha256Of(content) === seal.sha256 ? content : `${name} has another checksum`;
}

/**
 * Replaces a file in one step: readers see the old content or the new, never a part. It survives
 * `kill -9` and a power cut. When writing fails, the old file stays.
 * @param aside name that is written first; give one of its own to each of several writers. @default
 * `<file>.tmp`
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array | Chunks,
  aside = `${file}.tmp`,
): Promise<void> {
  const chunks =
    typeof content === 'string'
      ? [Buffer.from(content)]
      : content instanceof Uint8Array
        ? [content]
        : content;
  try {
    await writeSealed(aside, chunks);
    await disk.rename(aside, file);
  } catch (error) {
    await disk.rm(aside, {force: true}).catch(() => {});
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** SHA-256 of bytes or text, in hexadecimal. */
export const sha256Of = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** SHA-256 of a file, in hexadecimal; the file is streamed. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
