/** Writing that survives `kill -9` and a power cut: data aside, flushed, then renamed. */
import {createHash} from 'node:crypto';
import path from 'node:path';
import {disk} from './disk.js';

/** What a state.json says about a file beside it. */
export interface FileSeal {
  bytes: number;
  sha256: string;
}

/** Flushes a folder's list of names; without it a rename may be lost in a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await disk.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Chunks of a file; a stream of them keeps one in memory at a time. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes chunks to a new file, flushes it and returns its seal. */
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
  const sha256 = createHash('sha256').update(content).digest('hex');
  return sha256 === seal.sha256 ? content : `${name} has another checksum`;
}

/** Replaces a small file in one step: readers see the old content or the new, never a part. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const aside = `${file}.tmp`;
  await writeSealed(aside, [Buffer.from(text)]);
  await disk.rename(aside, file);
  await syncFolder(path.dirname(file));
}
