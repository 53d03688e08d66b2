/**
 * The header of a safetensors file: 8 bytes length (little-endian), then JSON. The reader trusts
 * nothing: the text is measured before it is parsed, and every offset is checked before it is used.
 * Format: https://github.com/huggingface/safetensors#format
 */
import {safetensorsFormat, showName} from '@rife-train/errors';
import {scanHeader} from './safetensorsScan.js';

/** Bytes of one element. */
export const SAFETENSORS_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type RawSafetensorsDtype = keyof typeof SAFETENSORS_BYTES;

/**
 * A tensor as its header describes it; `begin` and `end` count bytes from the start of the data.
 */
export interface HeaderEntry {
  name: string;
  dtype: RawSafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  /** In the order of the header. */
  entries: HeaderEntry[];
  metadata: Record<string, string>;
  /** Where the data begins in the file. */
  dataAt: number;
}

/** Room for some 100,000 tensors; a network of RIFE has 190. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const MAX_AXES = 8;
const METADATA = '__metadata__';

/**
 * Number of elements; a product beyond 2^53 is no longer exact, but stays beyond every file's size.
 */
export const elementCount = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((n, side) => n * side, 1);

/** Header padded with spaces, so that the data begins at a multiple of 8 bytes. */
function padded(text: string): Uint8Array {
  const json = Buffer.from(text);
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  return header;
}

/**
 * The first chunk of a file, for tensors whose data follows in this order.
 * @throws RangeError for a tensor named `__metadata__`, which the format reserves
 */
export function encodeHeader(
  specs: Iterable<{name: string; shape: readonly number[]; dtype: RawSafetensorsDtype}>,
  metadata: Record<string, string>,
): Uint8Array {
  const parts: [string, object][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let offset = 0;
  for (const {name, shape, dtype} of specs) {
    if (name === METADATA) throw new RangeError(`"${METADATA}" cannot be the name of a tensor`);
    const end = offset + elementCount(shape) * SAFETENSORS_BYTES[dtype];
    parts.push([name, {dtype, shape: [...shape], data_offsets: [offset, end]}]);
    offset = end;
  }
  // Joined by hand: an object would put names that are numbers before all others.
  const members = parts.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return padded(`{${members.join(',')}}`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseEntry(name: string, raw: unknown): HeaderEntry | string {
  const quoted = showName(name);
  const {dtype, shape, data_offsets: offsets} = isRecord(raw) ? raw : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(SAFETENSORS_BYTES, dtype))
    return `${quoted} has dtype ${showName(dtype)}; ${Object.keys(SAFETENSORS_BYTES).join(', ')} can be read`;
  if (!Array.isArray(shape) || !shape.every(isCount)) return `${quoted} has shape ${showName(shape)}`;
  if (shape.length > MAX_AXES) return `${quoted} has ${shape.length} axes, at most ${MAX_AXES} can be read`;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0]! > offsets[1]!)
    return `${quoted} has data_offsets ${showName(offsets)}`;
  const [begin, end] = offsets as [number, number];
  const bytes = elementCount(shape) * SAFETENSORS_BYTES[dtype as RawSafetensorsDtype];
  if (end - begin !== bytes) return `${quoted} has ${end - begin} bytes, its shape asks for ${bytes}`;
  return {name, dtype: dtype as RawSafetensorsDtype, shape, begin, end};
}

/** The data must be covered by the tensors without overlap, hole or rest. */
function coverageProblem(entries: readonly HeaderEntry[], dataBytes: number): string | undefined {
  let offset = 0;
  for (const {name, begin, end} of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== offset) return `the data of ${showName(name)} begins at ${begin}, not at ${offset}`;
    offset = end;
  }
  return offset === dataBytes ? undefined : `the tensors cover ${offset} of ${dataBytes} bytes of data`;
}

/** Metadata is a map of strings, by the format. */
function metadataOf(raw: unknown): Record<string, string> | undefined {
  if (raw === undefined) return {};
  const sound = isRecord(raw) && Object.values(raw).every(value => typeof value === 'string');
  return sound ? (raw as Record<string, string>) : undefined;
}

function headerText(bytes: Buffer, refuse: (problem: string) => Error): string {
  if (bytes.length < 8) throw refuse(`it has ${bytes.length} bytes`);
  const length = bytes.readBigUInt64LE();
  if (length > BigInt(bytes.length - 8)) throw refuse(`its header claims ${length} bytes of ${bytes.length}`);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw refuse(`its header has ${length} bytes, at most ${MAX_HEADER_BYTES} can be read`);
  try {
    // Neither a wrong byte nor a byte order mark may slip through.
    const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
    return decoder.decode(bytes.subarray(8, 8 + Number(length)));
  } catch {
    throw refuse('its header is not UTF-8');
  }
}

function parseJson(text: string, refuse: (problem: string) => Error): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(text);
    if (isRecord(header)) return header;
  } catch {
    // falls through: not JSON is as wrong as not an object
  }
  throw refuse('its header is not a JSON object');
}

/**
 * Reads and checks the header of a file's content.
 * @param file its name, for errors
 * @throws RIFE_ERR_SAFETENSORS when anything in it is off
 */
export function decodeHeader(bytes: Buffer, file: string): SafetensorsHeader {
  const refuse = (problem: string) => safetensorsFormat(file, problem);
  const text = headerText(bytes, refuse);
  const scanned = scanHeader(text);
  if (typeof scanned === 'string') throw refuse(scanned);
  const header = parseJson(text, refuse);
  const metadata = metadataOf(Object.hasOwn(header, METADATA) ? header[METADATA] : undefined);
  if (!metadata) throw refuse('its __metadata__ is not a map of strings');
  const dataAt = 8 + Number(bytes.readBigUInt64LE());
  const entries: HeaderEntry[] = [];
  for (const name of scanned.names) {
    if (name === METADATA) continue;
    const entry = parseEntry(name, header[name]);
    if (typeof entry === 'string') throw refuse(entry);
    entries.push(entry);
  }
  const problem = coverageProblem(entries, bytes.length - dataAt);
  if (problem) throw refuse(problem);
  return {entries, metadata, dataAt};
}
