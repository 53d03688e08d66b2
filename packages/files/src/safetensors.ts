/**
 * The safetensors format: 8 bytes length of the header (little-endian), the header as JSON, then
 * the raw data. Values come and go as typed arrays; `decodeSafetensorsBytes` gives tensors of every
 * dtype as they lie in the file. Format: https://github.com/huggingface/safetensors#format
 */
import {safetensorsFormat, showName} from '@rife-train/errors';
import {
  decodeHeader,
  elementCount,
  encodeHeader,
  type HeaderEntry,
  type RawSafetensorsDtype,
} from './safetensorsHeader.js';

export {SAFETENSORS_BYTES, elementCount, type RawSafetensorsDtype} from './safetensorsHeader.js';

const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
} as const;

export type SafetensorsDtype = keyof typeof ARRAYS;
export type SafetensorsValues = InstanceType<(typeof ARRAYS)[SafetensorsDtype]>;

export interface SafetensorsEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Row-major. */
  values: SafetensorsValues;
}

export interface Safetensors {
  /** In the order of the file. */
  tensors: Map<string, SafetensorsEntry>;
  metadata: Record<string, string>;
}

/** A tensor of any dtype as it lies in a file. */
export interface RawSafetensorsEntry {
  dtype: RawSafetensorsDtype;
  shape: number[];
  /** Row-major, little-endian. */
  bytes: Uint8Array;
}

/** A file whose values nobody has looked at. */
export interface RawSafetensors {
  /** In the order of the file. */
  tensors: Map<string, RawSafetensorsEntry>;
  metadata: Record<string, string>;
}

function dtypeOf(values: SafetensorsValues): SafetensorsDtype {
  return (Object.keys(ARRAYS) as SafetensorsDtype[]).find(dtype => values instanceof ARRAYS[dtype])!;
}

/** A tensor that will be written; its values may be fetched later. */
export interface TensorSpec {
  name: string;
  shape: readonly number[];
  dtype?: RawSafetensorsDtype;
}

/**
 * The first chunk of a file: its header, for float32 tensors that will follow in this order unless
 * `dtype` says other.
 */
export const safetensorsHeader = (
  specs: readonly TensorSpec[],
  metadata: Record<string, string> = {},
): Uint8Array =>
  encodeHeader(
    specs.map(({name, shape, dtype = 'F32'}) => ({name, shape, dtype})),
    metadata,
  );

/** The bytes of a tensor: a view, not a copy. */
export const bytesOf = ({buffer, byteOffset, byteLength}: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * A file's content as chunks, to be written one after another.
 * @throws RangeError when values and shape of a tensor disagree
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, {shape: readonly number[]; values: SafetensorsValues}>,
  metadata: Record<string, string> = {},
): Uint8Array[] {
  const specs = [...tensors].map(([name, {shape, values}]) => {
    if (values.length !== elementCount(shape))
      throw new RangeError(`"${name}" has ${values.length} values for [${shape.join(',')}]`);
    return {name, shape, dtype: dtypeOf(values)};
  });
  return [safetensorsHeader(specs, metadata), ...[...tensors.values()].map(({values}) => bytesOf(values))];
}

const bufferOf = ({buffer, byteOffset, byteLength}: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/**
 * Reads a file's content without looking at values; `bytes` of the tensors are views of it, not
 * copies.
 * @param file its name, for errors
 * @throws RIFE_ERR_SAFETENSORS when anything in it is off
 */
export function decodeSafetensorsBytes(content: Uint8Array, file: string): RawSafetensors {
  const {entries, metadata, dataAt} = decodeHeader(bufferOf(content), file);
  const tensors = entries.map(
    ({name, dtype, shape, begin, end}) =>
      [name, {dtype, shape, bytes: content.subarray(dataAt + begin, dataAt + end)}] as const,
  );
  return {tensors: new Map(tensors), metadata};
}

function valuesOf(bytes: Buffer, dataAt: number, {dtype, begin, end}: HeaderEntry): SafetensorsValues {
  const from = bytes.byteOffset + dataAt + begin;
  // A copy: the view may be unaligned, and would keep the whole file alive.
  const copy = bytes.buffer.slice(from, from + end - begin) as ArrayBuffer;
  return new ARRAYS[dtype as SafetensorsDtype](copy);
}

/**
 * Reads a file's content as typed arrays, copied.
 * @param file its name, for errors
 * @throws RIFE_ERR_SAFETENSORS when anything in it is off, or a dtype has no typed array here
 */
export function decodeSafetensors(content: Uint8Array, file: string): Safetensors {
  const bytes = bufferOf(content);
  const {entries, metadata, dataAt} = decodeHeader(bytes, file);
  const other = entries.find(({dtype}) => !Object.hasOwn(ARRAYS, dtype));
  if (other)
    throw safetensorsFormat(
      file,
      `${showName(other.name)} has dtype ${other.dtype}; ${Object.keys(ARRAYS).join(', ')} are expected here`,
    );
  const tensors = entries.map(entry => {
    const {name, dtype, shape} = entry;
    const values = valuesOf(bytes, dataAt, entry);
    return [name, {dtype: dtype as SafetensorsDtype, shape, values}] as const;
  });
  return {tensors: new Map(tensors), metadata};
}
