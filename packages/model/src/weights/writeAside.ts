import {randomUUID} from 'node:crypto';
import {weightsWriteError} from '@rife-train/errors';
import {replaceFile} from '@rife-train/files';

/**
 * Writes chunks to a new file beside `file`, flushes it and puts it in place of `file`.
 * @throws RIFE_ERR_WEIGHTS_WRITE; then no part of it is left, and `file` is untouched
 */
export async function writeAside(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  try {
    await replaceFile(file, chunks, `${file}.${randomUUID()}.tmp`);
  } catch (error) {
    throw weightsWriteError(file, error);
  }
}
