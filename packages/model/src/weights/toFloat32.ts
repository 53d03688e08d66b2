/** Numbers of any floating-point dtype as float32. */
import {weightsDtypeError} from '@rife-train/errors';
import type {WeightTensor} from './types.js';

/** Converts the bits of a half; exact, as float32 holds every half. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A copy with a buffer of its own: typed arrays need aligned offsets. */
const aligned = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const READERS: Partial<Record<WeightTensor['dtype'], (bytes: Uint8Array) => Float32Array>> = {
  F32: bytes => new Float32Array(aligned(bytes)),
  F64: bytes => Float32Array.from(new Float64Array(aligned(bytes))),
  F16: bytes => Float32Array.from(new Uint16Array(aligned(bytes)), halfToNumber),
  // bfloat16 is the upper half of a float32.
  BF16: bytes => new Float32Array(Uint32Array.from(new Uint16Array(aligned(bytes)), b => b << 16).buffer),
};

/**
 * Values of a tensor, row-major, copied. F32, F16 and BF16 are exact; F64 is rounded to nearest,
 * and to Infinity beyond float32's range.
 * @throws RIFE_ERR_WEIGHTS_DTYPE for integers and booleans, which can't be weights
 */
export function toFloat32({dtype, bytes}: WeightTensor): Float32Array {
  const read = READERS[dtype];
  if (!read) throw weightsDtypeError('A tensor', dtype, `Expected one of ${Object.keys(READERS).join(', ')}`);
  return read(bytes);
}
