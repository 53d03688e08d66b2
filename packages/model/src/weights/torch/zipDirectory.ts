/**
 * The directory at the end of a ZIP archive. Every offset and length is checked before it is used.
 * Format: PKWARE's APPNOTE.TXT 4.3 and, for zip64, 4.5.3.
 */
import {showName} from '@rife-train/errors';

export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  crc32: number;
  packedBytes: number;
  bytes: number;
  /** Offset of the local header. */
  headerAt: number;
}

export type Refuse = (problem: string) => Error;

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const CENTRAL_BYTES = 46;
const ENCRYPTED = 1;
const ZIP64_EXTRA = 1;
/** A file of RIFE has 196. */
const MAX_ENTRIES = 100_000;
const UNKNOWN_32 = 0xffffffff;

/** Offset of the end record: the last one whose comment reaches exactly to the end of the file. */
function findEnd(file: Buffer, refuse: Refuse): number {
  const lowest = Math.max(0, file.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = file.length - END_BYTES; at >= lowest; at--)
    if (file.readUInt32LE(at) === END && at + END_BYTES + file.readUInt16LE(at + 20) === file.length)
      return at;
  throw refuse('the archive has no directory, so its end is missing');
}

interface Directory {
  at: number;
  end: number;
  entries: number;
}

function directory64(file: Buffer, end: number, refuse: Refuse): Directory {
  const locator = end - 20;
  const at = Number(file.readBigUInt64LE(locator + 8));
  if (at + 56 > locator || file.readUInt32LE(at) !== END_64)
    throw refuse('its zip64 directory is not where it should be');
  const [entries, bytes, start] = [32, 40, 48].map(field => Number(file.readBigUInt64LE(at + field)));
  return {at: start!, end: start! + bytes!, entries: entries!};
}

function findDirectory(file: Buffer, refuse: Refuse): Directory {
  const end = findEnd(file, refuse);
  const has64 = end >= 20 && file.readUInt32LE(end - 20) === LOCATOR_64;
  const at = file.readUInt32LE(end + 16);
  const directory = has64
    ? directory64(file, end, refuse)
    : {at, end: at + file.readUInt32LE(end + 12), entries: file.readUInt16LE(end + 10)};
  if (directory.end > end || directory.entries * CENTRAL_BYTES > directory.end - directory.at)
    throw refuse('its directory does not fit into the file');
  if (directory.entries > MAX_ENTRIES) throw refuse(`it has ${directory.entries} entries`);
  return directory;
}

/**
 * The zip64 field of an entry: eight bytes for each of the three numbers that do not fit in four
 * bytes, in this order.
 */
function widen(extra: Buffer, numbers: number[], refuse: Refuse): number[] {
  if (!numbers.includes(UNKNOWN_32)) return numbers;
  for (let at = 0; at + 4 <= extra.length;) {
    const bytes = extra.readUInt16LE(at + 2);
    const field = extra.subarray(at + 4, at + 4 + bytes);
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) return widenFrom(field, numbers, refuse);
    at += 4 + bytes;
  }
  return numbers;
}

function widenFrom(field: Buffer, numbers: number[], refuse: Refuse): number[] {
  let next = 0;
  return numbers.map(number => {
    if (number !== UNKNOWN_32) return number;
    if (next + 8 > field.length) throw refuse('a zip64 field is too short');
    next += 8;
    return Number(field.readBigUInt64LE(next - 8));
  });
}

/** The entry at `at`, and the offset of the next one. */
function readEntry(file: Buffer, at: number, end: number, refuse: Refuse): [ZipEntry, number] {
  if (at + CENTRAL_BYTES > end || file.readUInt32LE(at) !== CENTRAL)
    throw refuse('an entry of its directory is missing');
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(field => file.readUInt16LE(at + field));
  const extraAt = at + CENTRAL_BYTES + nameBytes!;
  const next = extraAt + extraBytes! + commentBytes!;
  if (next > end) throw refuse('an entry of its directory is too long');
  const name = file.toString('utf8', at + CENTRAL_BYTES, extraAt);
  const flags = file.readUInt16LE(at + 8);
  if (flags & ENCRYPTED) throw refuse(`entry ${showName(name)} is encrypted`);
  const [bytes, packedBytes, headerAt] = widen(
    file.subarray(extraAt, extraAt + extraBytes!),
    [24, 20, 42].map(field => file.readUInt32LE(at + field)),
    refuse,
  );
  const entry = {name, bytes: bytes!, packedBytes: packedBytes!, headerAt: headerAt!};
  return [{...entry, method: file.readUInt16LE(at + 10), crc32: file.readUInt32LE(at + 16)}, next];
}

/**
 * All entries of an archive, by name.
 * @param refuse creates the error for a problem
 */
export function readDirectory(file: Buffer, refuse: Refuse): Map<string, ZipEntry> {
  const directory = findDirectory(file, refuse);
  const entries = new Map<string, ZipEntry>();
  let at = directory.at;
  for (let i = 0; i < directory.entries; i++) {
    const [entry, next] = readEntry(file, at, directory.end, refuse);
    if (entries.has(entry.name)) throw refuse(`entry ${showName(entry.name)} occurs twice`);
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}
