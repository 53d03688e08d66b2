/** Writes weights files; the same tensors give the same bytes. */
import {safetensorsHeader} from '@rife-train/core/safetensors';
import {weightsNameError} from '@rife-train/errors';
import {addPrefix, MODULE_PREFIX} from './stripPrefix.js';
import type {WeightTensor, WriteWeightsOptions} from './types.js';
import {writeAside} from './writeAside.js';

type Tensors = ReadonlyMap<string, WeightTensor>;

function encodeSafetensors(tensors: Tensors, metadata: Record<string, string>): Uint8Array[] {
  if (tensors.has('__metadata__'))
    throw weightsNameError('__metadata__', 'has a name that safetensors reserves');
  const specs = [...tensors].map(([name, {shape, dtype}]) => ({name, shape, dtype}));
  return [safetensorsHeader(specs, metadata), ...[...tensors.values()].map(({bytes}) => bytes)];
}

/**
 * A weights file's content as chunks, to be written one behind the other.
 * @throws RIFE_ERR_WEIGHTS_NAME when the prefix makes two names the same, or the format cannot hold a name
 */
export function encodeWeights(
  tensors: Tensors,
  {format, prefix = format === 'safetensors' ? '' : MODULE_PREFIX, metadata = {}}: WriteWeightsOptions,
): Uint8Array[] {
  const named = addPrefix(tensors, prefix);
  return encodeSafetensors(named, metadata);
}

/**
 * Writes a weights file: aside, flushed, then renamed. Tensors keep their dtype and order.
 * @throws RIFE_ERR_WEIGHTS_WRITE, RIFE_ERR_WEIGHTS_NAME
 */
export async function writeWeights(
  file: string,
  tensors: Tensors,
  options: WriteWeightsOptions,
): Promise<void> {
  await writeAside(file, encodeWeights(tensors, options));
}
