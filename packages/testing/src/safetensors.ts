import {readFileSync} from 'node:fs';

/** A tensor of a safetensors file. */
export interface StoredTensor {
  shape: number[];
  values: Float32Array | Uint8Array;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function toValues(dtype: string, bytes: Uint8Array, name: string): Float32Array | Uint8Array {
  // Copied, because a Float32Array needs an offset that is a multiple of 4; a Buffer's slice would not copy.
  const copy = Uint8Array.from(bytes);
  if (dtype === 'F32') return new Float32Array(copy.buffer);
  if (dtype === 'U8') return copy;
  throw new Error(`Tensor "${name}" has dtype ${dtype}; this reader for tests knows F32 and U8`);
}

/** Reads a safetensors file of float32 and uint8 tensors; for fixtures, without checks of the header. */
export function readSafetensors(path: string): Map<string, StoredTensor> {
  const file = readFileSync(path);
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, headerEnd)) as Record<string, Entry>;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, {dtype, shape, data_offsets}] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [begin, end] = data_offsets;
    tensors.set(name, {
      shape,
      values: toValues(dtype, file.subarray(headerEnd + begin, headerEnd + end), name),
    });
  }
  return tensors;
}
