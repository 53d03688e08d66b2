/**
 * Converts between the layouts of PyTorch files and TensorFlow. One permutation serves both kinds
 * of convolution: [O,I,K,K] <-> [K,K,I,O] and, transposed, [I,O,K,K] <-> [K,K,O,I]. Vectors keep
 * their order, except outputs of a pixel shuffle: in PyTorch a channel's four pixels are
 * neighbours, in TensorFlow a pixel's channels.
 */
import type {ParameterSpec} from '@rife-train/core';
import {modelParameterError} from '@rife-train/errors';
import type {TensorSpec} from './specs.js';

function checkSize({name, fileShape}: ParameterSpec, values: Float32Array): void {
  const size = fileShape.reduce((a, b) => a * b, 1);
  if (values.length === size) return;
  throw modelParameterError(
    name,
    `has ${values.length} values`,
    `Expected ${size}, for [${fileShape.join(', ')}]`,
  );
}

/** Index of PyTorch's output channel `o` of `count` in TensorFlow's order. */
function placeOf(o: number, count: number, shuffle: number | undefined): number {
  if (shuffle === undefined) return o;
  const pixels = shuffle ** 2;
  return (o % pixels) * (count / pixels) + Math.floor(o / pixels);
}

/** Calls `move(fileIndex, programIndex)` for every element. */
function forEachElement(
  {fileShape, shuffle}: TensorSpec,
  move: (file: number, program: number) => void,
): void {
  const [a, b, kh, kw] = fileShape.length === 4 ? fileShape : [1, fileShape[0], 1, 1];
  const taps = kh! * kw!;
  for (let i = 0, file = 0; i < a!; i++) {
    for (let j = 0; j < b!; j++) {
      const place = placeOf(j, b!, shuffle);
      for (let tap = 0; tap < taps; tap++) move(file++, (tap * b! + place) * a! + i);
    }
  }
}

/** Vectors that are in the same order in both. */
const isPlain = ({fileShape, shuffle}: TensorSpec) => fileShape.length !== 4 && shuffle === undefined;

/**
 * File layout to program layout.
 * @throws RIFE_ERR_MODEL_PARAMETER
 */
export function fromFile(spec: TensorSpec, values: Float32Array): Float32Array {
  checkSize(spec, values);
  if (isPlain(spec)) return values.slice();
  const result = new Float32Array(values.length);
  forEachElement(spec, (file, program) => (result[program] = values[file]!));
  return result;
}

/**
 * Program layout to file layout.
 * @throws RIFE_ERR_MODEL_PARAMETER
 */
export function toFile(spec: TensorSpec, values: Float32Array): Float32Array {
  checkSize(spec, values);
  if (isPlain(spec)) return values.slice();
  const result = new Float32Array(values.length);
  forEachElement(spec, (file, program) => (result[file] = values[program]!));
  return result;
}
