/**
 * Between the layout of PyTorch files and that of TensorFlow. One permutation serves both kinds of convolution:
 * [O,I,K,K] <-> [K,K,I,O] and, transposed, [I,O,K,K] <-> [K,K,O,I]. Vectors stay as they are.
 */
import type {ParameterSpec} from '@rife-train/core';
import {modelParameterError} from '@rife-train/errors';

function checkSize({name, fileShape}: ParameterSpec, values: Float32Array): void {
  const size = fileShape.reduce((a, b) => a * b, 1);
  if (values.length === size) return;
  throw modelParameterError(
    name,
    `has ${values.length} values`,
    `Expected ${size}, for [${fileShape.join(', ')}]`,
  );
}

/** Calls `move(fileIndex, programIndex)` for every element of a 4-axis parameter. */
function forEachElement(
  [a, b, kh, kw]: readonly number[],
  move: (file: number, program: number) => void,
): void {
  const taps = kh! * kw!;
  for (let i = 0, file = 0; i < a!; i++) {
    for (let j = 0; j < b!; j++) {
      for (let tap = 0; tap < taps; tap++) move(file++, (tap * b! + j) * a! + i);
    }
  }
}

/**
 * File layout to program layout.
 * @throws RIFE_ERR_MODEL_PARAMETER
 */
export function fromFile(spec: ParameterSpec, values: Float32Array): Float32Array {
  checkSize(spec, values);
  if (spec.fileShape.length !== 4) return values.slice();
  const result = new Float32Array(values.length);
  forEachElement(spec.fileShape, (file, program) => (result[program] = values[file]!));
  return result;
}

/**
 * Program layout to file layout.
 * @throws RIFE_ERR_MODEL_PARAMETER
 */
export function toFile(spec: ParameterSpec, values: Float32Array): Float32Array {
  checkSize(spec, values);
  if (spec.fileShape.length !== 4) return values.slice();
  const result = new Float32Array(values.length);
  forEachElement(spec.fileShape, (file, program) => (result[file] = values[program]!));
  return result;
}
