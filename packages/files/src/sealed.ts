/**
 * Files that are written whole or not at all, and files that are checked before they are believed.
 */
import {createHash} from 'node:crypto';
import {constants, createReadStream} from 'node:fs';
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

/** Flushes the content of a file. */
export async function syncFile(file: string): Promise<void> {
  const handle = await disk.open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes a folder's list of names; without it a power cut may lose a rename. */
export const syncFolder = syncFile;

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

/** Without O_NONBLOCK, opening a pipe waits for somebody who writes. */
const PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Texts beside tensors are far smaller. */
const MOST_TEXT = 256 * 2 ** 20;

/** Why a file can't be read, after its name: `is a link`, `cannot be read (ENOENT)`. */
const refusal = (error: unknown): string => {
  const {code, message} = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return code === 'ELOOP' ? 'is a link' : `cannot be read (${code})`;
};

/**
 * Reads a file that a folder from somebody else may hold. A link would lead out of the folder; a
 * pipe or a device has no end.
 * @param problemOf says what is wrong with the size of the file, before it is read
 * @throws an error whose message continues the name of the file
 */
async function readPlain(file: string, problemOf: (size: number) => string | undefined): Promise<Buffer> {
  const handle = await disk.open(file, PLAIN).catch((error: unknown) => {
    throw new Error(refusal(error));
  });
  try {
    const stat = await handle.stat();
    const problem = stat.isFile() ? problemOf(stat.size) : 'is not a regular file';
    if (problem !== undefined) throw new Error(problem);
    return await handle.readFile();
  } catch (error) {
    throw new Error(refusal(error));
  } finally {
    await handle.close();
  }
}

/** Reads a file and compares it with its seal; returns the content, or what is wrong with it. */
export async function readSealed(file: string, seal: FileSeal): Promise<Buffer | string> {
  const name = path.basename(file);
  const {bytes, sha256} = seal;
  const sizeProblem = (size: number) => (size === bytes ? undefined : `has ${size} of ${bytes} bytes`);
  try {
    const content = await readPlain(file, sizeProblem);
    return sha256Of(content) === sha256 ? content : `${name} has another checksum`;
  } catch (error) {
    return `${name} ${(error as Error).message}`;
  }
}

/**
 * Reads a regular file as text.
 * @throws an error whose message continues the name of the file: `is a link`
 */
export async function readText(file: string): Promise<string> {
  const content = await readPlain(file, size =>
    size <= MOST_TEXT ? undefined : `has ${size} bytes, more than ${MOST_TEXT}`,
  );
  return content.toString('utf8');
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
