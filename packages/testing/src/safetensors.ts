import {readFileSync} from 'node:fs';
import {decodeSafetensors} from '@rife-train/files';

/** A tensor of a safetensors file. */
export interface StoredTensor {
  shape: number[];
  values: Float32Array | Uint8Array;
}

/** Reads a safetensors file of float32 and uint8 tensors; for fixtures. */
export function readSafetensors(path: string): Map<string, StoredTensor> {
  const {tensors} = decodeSafetensors(readFileSync(path), path);
  for (const [name, {dtype}] of tensors)
    if (dtype !== 'F32' && dtype !== 'U8')
      throw new Error(`Tensor "${name}" has dtype ${dtype}; this reader for tests knows F32 and U8`);
  return tensors as unknown as Map<string, StoredTensor>;
}
