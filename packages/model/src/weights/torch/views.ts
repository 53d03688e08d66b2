/**
 * Views of storages as contiguous tensors. A view comes from the file; it is trusted only after
 * these checks.
 */
import {weightsTensorError} from '@rife-train/errors';
import {SAFETENSORS_BYTES, elementCount} from '@rife-train/files';
import type {PyTensor} from '../pickle/values.js';
import type {WeightTensor} from '../types.js';

/**
 * Bytes that a tensor takes when it is contiguous; not exact beyond 2^53, but beyond every limit
 * then.
 */
export const tensorBytes = ({shape, storage}: PyTensor): number =>
  elementCount(shape) * SAFETENSORS_BYTES[storage.dtype];

function problemOf({shape, strides, offset, storage}: PyTensor): string | undefined {
  if (strides.length !== shape.length) return `has ${shape.length} axes and ${strides.length} strides`;
  if (shape.some(side => side < 0)) return `has shape [${shape.join(', ')}]`;
  if (strides.some(stride => stride < 0)) return `has strides [${strides.join(', ')}]`;
  if (offset < 0) return `begins at element ${offset}`;
  // Exact for all values small enough to be accepted.
  const reach = shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 1);
  const end = offset + (elementCount(shape) === 0 ? 0 : reach);
  return end > storage.viewLength ? `needs ${end} elements of a storage of ${storage.viewLength}` : undefined;
}

/**
 * Checks a view.
 * @throws RIFE_ERR_WEIGHTS_TENSOR
 */
export function checkView(file: string, name: string, tensor: PyTensor): void {
  const problem = problemOf(tensor);
  if (problem) throw weightsTensorError(file, name, problem);
}

function isContiguous({shape, strides}: PyTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Elements in row-major order, from the positions that the strides give. */
function gather(source: Uint8Array, {shape, strides}: PyTensor, size: number): Uint8Array {
  const target = new Uint8Array(elementCount(shape) * size);
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < target.length; to += size) {
    for (let byte = 0; byte < size; byte++) target[to + byte] = source[from + byte]!;
    // The next index, like a counter with a base per axis.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]! * size;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * size * shape[axis]!;
      index[axis] = 0;
    }
  }
  return target;
}

/**
 * The tensor of a view that {@link checkView} accepted: a view of the storage's bytes if it is
 * contiguous, else a copy.
 * @param bytes the whole storage
 */
export function readView(tensor: PyTensor, bytes: Uint8Array): WeightTensor {
  const {storage, shape, offset} = tensor;
  const size = SAFETENSORS_BYTES[storage.dtype];
  const source = bytes.subarray((storage.viewOffset + offset) * size);
  const values =
    elementCount(shape) === 0 || isContiguous(tensor)
      ? source.subarray(0, elementCount(shape) * size)
      : gather(source, tensor, size);
  return {dtype: storage.dtype, shape: [...shape], bytes: values};
}
