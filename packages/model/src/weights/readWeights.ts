/** Reads a weights file of any format, told apart by content. */
import {open} from 'node:fs/promises';
import {isRifeError, weightsFormatError, weightsReadError, weightsSizeError} from '@rife-train/errors';
import {decodeSafetensorsBytes} from '@rife-train/core/safetensors';
import {MAX_BYTES} from './limits.js';
import {looksLike} from './looksLike.js';
import type {WeightsFile} from './types.js';

/** A safetensors file has its JSON header behind eight bytes of length; no other format has a brace there. */
const isSafetensors = (content: Uint8Array) => content[8] === 0x7b;

function decodeSafetensors(content: Uint8Array, file: string): WeightsFile {
  return {format: 'safetensors', ...decodeSafetensorsBytes(content, file)};
}

/**
 * Reads a weights file's content. Nothing in it is executed; the tensors may be views of it.
 * @param file its name, for errors
 * @throws RIFE_ERR_WEIGHTS_* or RIFE_ERR_SAFETENSORS, whatever the content is
 */
export function decodeWeights(content: Uint8Array, file: string): WeightsFile {
  if (content.length > MAX_BYTES) throw weightsSizeError(file, 'The content', content.length, MAX_BYTES);
  if (isSafetensors(content)) return decodeSafetensors(content, file);
  throw weightsFormatError(file, looksLike(content));
}

async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const {size} = await handle.stat();
    if (size > MAX_BYTES) throw weightsSizeError(file, 'The content', size, MAX_BYTES);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * Reads a weights file; its content decides the format, never its name.
 * @throws RIFE_ERR_WEIGHTS_READ when the file system refuses, else as {@link decodeWeights}
 */
export async function readWeights(file: string): Promise<WeightsFile> {
  const content = await readBounded(file).catch((error: unknown) => {
    throw isRifeError(error) ? error : weightsReadError(file, error);
  });
  return decodeWeights(content, file);
}
