/** Reads a weights file of any format, recognised by content. */
import {isRifeError, weightsFormatError, weightsReadError, weightsSizeError} from '@rife-train/errors';
import {decodeSafetensorsBytes, openRegular} from '@rife-train/files';
import {MAX_BYTES} from './limits.js';
import {looksLike} from './looksLike.js';
import {decodeLegacy, isLegacy} from './torch/readLegacy.js';
import {decodeZip} from './torch/readZip.js';
import type {WeightsFile} from './types.js';

const isPrintable = (byte: number) => byte >= 0x20 && byte < 0x7f;

/** A JSON header after eight bytes of length; in text these would be letters. */
const isSafetensors = (content: Uint8Array) =>
  content[8] === 0x7b && !content.subarray(0, 8).every(isPrintable);

/** `PK\x03\x04`, or the end record of an empty archive. */
const isZip = ([p, k, a, b]: Uint8Array) =>
  p === 0x50 && k === 0x4b && ((a === 3 && b === 4) || (a === 5 && b === 6));

function decodeSafetensors(content: Uint8Array, file: string): WeightsFile {
  return {format: 'safetensors', ...decodeSafetensorsBytes(content, file)};
}

/**
 * Reads a weights file's content. Nothing in it is executed; the tensors may be views of it.
 * @param file its name, for errors
 * @param key the requested place, if a PyTorch file has several: `params_ema`
 * @throws RIFE_ERR_WEIGHTS_* or RIFE_ERR_SAFETENSORS, whatever the content is
 */
export function decodeWeights(content: Uint8Array, file: string, key = ''): WeightsFile {
  if (content.length > MAX_BYTES) throw weightsSizeError(file, 'The content', content.length, MAX_BYTES);
  if (isZip(content)) return decodeZip(content, file, key);
  if (isLegacy(content)) return decodeLegacy(content, file, key);
  if (isSafetensors(content)) return decodeSafetensors(content, file);
  throw weightsFormatError(file, looksLike(content));
}

async function readBounded(file: string): Promise<Buffer> {
  const handle = await openRegular(file);
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
export async function readWeights(file: string, key = ''): Promise<WeightsFile> {
  const content = await readBounded(file).catch((error: unknown) => {
    throw isRifeError(error) ? error : weightsReadError(file, error);
  });
  return decodeWeights(content, file, key);
}
