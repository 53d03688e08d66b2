/** Writes weights files; the same tensors give the same bytes. */
import {SAFETENSORS_BYTES, elementCount, safetensorsHeader} from '@rife-train/files';
import {weightsNameError, weightsSizeError} from '@rife-train/errors';
import {MAX_BYTES} from './limits.js';
import {addPrefix, MODULE_PREFIX} from './stripPrefix.js';
import {encodeLegacy, encodeZip} from './torch/writeTorch.js';
import type {WeightTensor, WriteWeightsOptions} from './types.js';
import {writeAside} from './writeAside.js';

type Tensors = ReadonlyMap<string, WeightTensor>;

function* encodeSafetensors(tensors: Tensors, metadata: Record<string, string>): Generator<Uint8Array> {
  const specs = [...tensors].map(([name, {shape, dtype}]) => ({name, shape, dtype}));
  yield safetensorsHeader(specs, metadata);
  for (const {bytes} of tensors.values()) yield bytes;
}

/** What is written must be readable again. */
function check(file: string, tensors: Tensors, {format}: WriteWeightsOptions): void {
  let total = 0;
  for (const [name, {dtype, shape, bytes}] of tensors) {
    const expected = elementCount(shape) * SAFETENSORS_BYTES[dtype];
    if (bytes.length !== expected)
      throw new RangeError(
        `"${name}" has ${bytes.length} bytes, ${dtype} of [${shape.join(', ')}] has ${expected}`,
      );
    total += bytes.length;
  }
  if (total > MAX_BYTES) throw weightsSizeError(file, 'The tensors', total, MAX_BYTES);
  if (format === 'safetensors' && tensors.has('__metadata__'))
    throw weightsNameError('__metadata__', 'has a name that safetensors reserves');
}

/**
 * A weights file's content as chunks, to be written one after the other.
 * @param file its name, for errors
 * @throws RIFE_ERR_WEIGHTS_NAME when the prefix makes two names the same or the format cannot hold
 *   a name; RIFE_ERR_WEIGHTS_SIZE; RangeError when bytes and shape of a tensor disagree
 */
export function encodeWeights(
  file: string,
  tensors: Tensors,
  options: WriteWeightsOptions,
): Iterable<Uint8Array> {
  const {format, prefix = format === 'safetensors' ? '' : MODULE_PREFIX, metadata = {}} = options;
  const named = addPrefix(tensors, prefix);
  check(file, named, options);
  if (format === 'safetensors') return encodeSafetensors(named, metadata);
  return format === 'zip' ? encodeZip(named) : encodeLegacy(named);
}

/**
 * Writes a weights file: to a temporary file, flushed, then renamed. Tensors keep their dtype and
 * order.
 * @throws RIFE_ERR_WEIGHTS_WRITE, and what {@link encodeWeights} throws
 */
export async function writeWeights(
  file: string,
  tensors: Tensors,
  options: WriteWeightsOptions,
): Promise<void> {
  await writeAside(file, encodeWeights(file, tensors, options));
}
