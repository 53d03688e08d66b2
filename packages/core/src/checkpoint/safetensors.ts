/**
 * The safetensors format: 8 bytes length of the header (little-endian), the header as JSON, then the raw data.
 * The reader trusts nothing: every offset is checked before it is used.
 * Format: https://github.com/huggingface/safetensors#format
 */
import {safetensorsFormat} from '@rife-train/errors';

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

/** The reference implementation's bound on the header. */
const MAX_HEADER_BYTES = 100_000_000;

const count = (shape: readonly number[]) => shape.reduce((n, side) => n * side, 1);

function dtypeOf(values: SafetensorsValues): SafetensorsDtype {
  return (Object.keys(ARRAYS) as SafetensorsDtype[]).find(dtype => values instanceof ARRAYS[dtype])!;
}

/** Header padded with spaces, so that the data begins at a multiple of 8 bytes. */
function encodeHeader(header: object): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  return padded;
}

/** A tensor that will be written; its values may be fetched later. */
export interface TensorSpec {
  name: string;
  shape: readonly number[];
  dtype?: SafetensorsDtype;
}

/** The first chunk of a file: its header, for float32 tensors that will follow in this order unless `dtype` says other. */
export function safetensorsHeader(
  specs: readonly TensorSpec[],
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const {name, shape, dtype = 'F32'} of specs) {
    const end = offset + count(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
    header.push([name, {dtype, shape: [...shape], data_offsets: [offset, end]}]);
    offset = end;
  }
  return encodeHeader(Object.fromEntries(header));
}

/** The bytes of a tensor: a view, not a copy. */
export const bytesOf = ({buffer, byteOffset, byteLength}: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * A file's content as chunks, to be written one behind the other.
 * @throws RangeError when values and shape of a tensor disagree
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, {shape: readonly number[]; values: SafetensorsValues}>,
  metadata: Record<string, string> = {},
): Uint8Array[] {
  const specs = [...tensors].map(([name, {shape, values}]) => {
    if (values.length !== count(shape))
      throw new RangeError(`"${name}" has ${values.length} values for [${shape.join(',')}]`);
    return {name, shape, dtype: dtypeOf(values)};
  });
  return [safetensorsHeader(specs, metadata), ...[...tensors.values()].map(({values}) => bytesOf(values))];
}

interface HeaderEntry {
  name: string;
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(name: string, raw: unknown): HeaderEntry | string {
  const {dtype, shape, data_offsets: offsets} = (raw ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype))
    return `"${name}" has dtype ${JSON.stringify(dtype)}; F32, F64, I32, I64 and U8 can be read`;
  if (!Array.isArray(shape) || !shape.every(isCount)) return `"${name}" has shape ${JSON.stringify(shape)}`;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0]! > offsets[1]!)
    return `"${name}" has data_offsets ${JSON.stringify(offsets)}`;
  const [begin, end] = offsets as [number, number];
  const bytes = count(shape) * ARRAYS[dtype as SafetensorsDtype].BYTES_PER_ELEMENT;
  if (end - begin !== bytes) return `"${name}" has ${end - begin} bytes, its shape asks for ${bytes}`;
  return {name, dtype: dtype as SafetensorsDtype, shape, begin, end};
}

/** The data must be covered by the tensors without overlap, hole or rest. */
function coverageProblem(entries: readonly HeaderEntry[], dataBytes: number): string | undefined {
  let offset = 0;
  for (const {name, begin, end} of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== offset) return `the data of "${name}" begins at ${begin}, not at ${offset}`;
    offset = end;
  }
  return offset === dataBytes ? undefined : `the tensors cover ${offset} of ${dataBytes} bytes of data`;
}

function parseHeader(bytes: Buffer, refuse: (problem: string) => Error): {header: object; dataAt: number} {
  if (bytes.length < 8) throw refuse(`it has ${bytes.length} bytes`);
  const length = bytes.readBigUInt64LE();
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, bytes.length - 8)))
    throw refuse(`its header claims ${length} bytes of ${bytes.length}`);
  const dataAt = 8 + Number(length);
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8', 8, dataAt));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return {header, dataAt};
  } catch {
    // falls through: not JSON is as wrong as not an object
  }
  throw refuse('its header is not a JSON object');
}

function valuesOf(bytes: Buffer, dataAt: number, {dtype, begin, end}: HeaderEntry): SafetensorsValues {
  const from = bytes.byteOffset + dataAt + begin;
  // A copy: the view may be unaligned, and would keep the whole file alive.
  const copy = bytes.buffer.slice(from, from + end - begin) as ArrayBuffer;
  return new ARRAYS[dtype](copy);
}

/**
 * Reads a file's content.
 * @param file its name, for errors
 * @throws RIFE_ERR_SAFETENSORS when anything in it is off
 */
export function decodeSafetensors(content: Uint8Array, file: string): Safetensors {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const refuse = (problem: string) => safetensorsFormat(file, problem);
  const {header, dataAt} = parseHeader(bytes, refuse);
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, raw] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = raw as Record<string, string>;
      continue;
    }
    const entry = parseEntry(name, raw);
    if (typeof entry === 'string') throw refuse(entry);
    entries.push(entry);
  }
  const problem = coverageProblem(entries, bytes.length - dataAt);
  if (problem) throw refuse(problem);
  const tensors = entries.map(
    entry =>
      [entry.name, {dtype: entry.dtype, shape: entry.shape, values: valuesOf(bytes, dataAt, entry)}] as const,
  );
  return {tensors: new Map(tensors), metadata};
}
