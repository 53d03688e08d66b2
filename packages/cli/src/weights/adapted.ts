/** Tensors of a file as plugins changed them. */
import type {AdaptWeights, FileTensor} from '@rife-train/core';
import {toFloat32, type WeightTensor} from '@rife-train/model/weights';
import type {WeightsSource} from './source.js';

const FLOATS: readonly WeightTensor['dtype'][] = ['F64', 'F32', 'F16', 'BF16'];
const isFloat = ([, {dtype}]: readonly [string, WeightTensor]) => FLOATS.includes(dtype);

const unpacked = (tensor: WeightTensor): FileTensor => ({shape: tensor.shape, values: toFloat32(tensor)});

function packed({shape, values}: FileTensor): WeightTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {dtype: 'F32', shape: [...shape], bytes};
}

/**
 * Floating-point tensors go through `adapt` as float32; the others stay, unless one of theirs takes
 * the name. What was not changed keeps its type.
 */
export function adapted({tensors, file}: WeightsSource, adapt: AdaptWeights): Map<string, WeightTensor> {
  const originals = new Map<FileTensor, WeightTensor>();
  const given = new Map<string, FileTensor>();
  for (const [name, tensor] of [...tensors].filter(isFloat)) {
    const float = unpacked(tensor);
    originals.set(float, tensor);
    given.set(name, float);
  }
  const changed = [...adapt(given, file)].map(
    ([name, tensor]) => [name, originals.get(tensor) ?? packed(tensor)] as const,
  );
  return new Map([...[...tensors].filter(entry => !isFloat(entry)), ...changed]);
}
