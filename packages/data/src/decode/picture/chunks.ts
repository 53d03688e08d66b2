/** The chunks of PNG and WebP files: each has a length, in PNG also a checksum. */
import {crc32} from 'node:zlib';
import {zerosFrom, type Damage} from './damage.js';
import {exifOrientation, type Orientation} from './orientation.js';

/** Size of the stored picture, and its orientation. */
export interface Header {
  width: number;
  height: number;
  orientation: Orientation;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bytes of a PNG chunk without its data: length, name, checksum. */
const AROUND = 12;
const END = '89504E47';

const exifOf = (data: Buffer) =>
  exifOrientation(data.toString('latin1', 0, 4) === 'Exif' ? data.subarray(6) : data);

interface Chunk {
  at: number;
  name: string;
  data: Buffer;
  /** End of the data. */
  end: number;
}

function* pngChunks(file: Buffer): Generator<Chunk> {
  for (let at = SIGNATURE.length; at + 8 <= file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    const chunk = {at, name: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end), end};
    yield chunk;
    if (chunk.name === 'IEND') return;
    at = end + 4;
  }
}

/** Header of a PNG; undefined if the bytes are not a PNG. */
export function pngHeader(file: Buffer): Header | undefined {
  let header: Header | undefined;
  for (const {name, data} of pngChunks(file)) {
    if (name === 'IHDR' && data.length === 13)
      header = {width: data.readUInt32BE(0), height: data.readUInt32BE(4), orientation: 1};
    if (name === 'eXIf' && header) header.orientation = exifOf(data) ?? 1;
  }
  return header;
}

/** Checks every chunk of a PNG: lengths, order, checksums, the end. */
export function pngDamage(file: Buffer): Damage | undefined {
  if (!file.subarray(0, 8).equals(SIGNATURE))
    return {at: 4, what: `the first bytes are not those of a PNG (${END} ...), as after a copy as text`};
  let last: Chunk | undefined;
  const seen = new Set<string>();
  for (const chunk of pngChunks(file)) {
    const {at, name, end} = chunk;
    if (!/^[A-Za-z]{4}$/.test(name)) return zeros(file) ?? {at, what: 'no chunk of a PNG'};
    if (end + 4 > file.length) return {at: file.length, what: `the file ends within its chunk ${name}`};
    if (!last && name !== 'IHDR') return {at, what: `it begins with ${name}, not with its header`};
    if (crc32(file.subarray(at + 4, end)) !== file.readUInt32BE(end))
      return zeros(file) ?? {at, what: `the checksum of the chunk ${name} that begins here is wrong`};
    seen.add(name);
    last = chunk;
  }
  if (last?.name !== 'IEND') return {at: file.length, what: 'the file ends without its end mark (IEND)'};
  return seen.has('IDAT') ? undefined : {at: last.at, what: 'the end mark comes before any pixels'};
}

/** Does the file end with at least 16 zeros? */
function zeros(file: Buffer): Damage | undefined {
  const at = zerosFrom(file);
  return file.length - at < AROUND + 4 ? undefined : {at, what: 'nothing but zeros from here to the end'};
}

const HEAD = 12;

function* webpChunks(file: Buffer): Generator<Chunk> {
  for (let at = HEAD; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length;
    yield {at, name: file.toString('latin1', at, at + 4), data: file.subarray(at + 8, end), end};
    at = end + (length & 1);
  }
}

const u24 = (data: Buffer, at: number) => data.readUIntLE(at, 3);
const EXIF_FLAG = 8;

/** True if the orientation is stored after the pixels. */
export const hasLateExif = (head: Buffer) =>
  head.toString('latin1', 12, 16) === 'VP8X' && (head[20]! & EXIF_FLAG) !== 0;

/** Header of a WebP; undefined if the bytes are not a WebP. */
export function webpHeader(file: Buffer): Header | undefined {
  let header: Header | undefined;
  const set = (width: number, height: number) => (header ??= {width, height, orientation: 1});
  for (const {name, data} of webpChunks(file)) {
    if (name === 'VP8X' && data.length >= 10) set(u24(data, 4) + 1, u24(data, 7) + 1);
    if (name === 'VP8L' && data.length >= 5) {
      const bits = data.readUInt32LE(1);
      set((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    if (name === 'VP8 ' && data.length >= 10)
      set(data.readUInt16LE(6) & 0x3fff, data.readUInt16LE(8) & 0x3fff);
    if (name === 'EXIF' && header) header.orientation = exifOf(data) ?? 1;
  }
  return header;
}

/** Shorter runs of zeros can occur by chance in a file at least eight times as long. */
const BLANK = 512;

/**
 * Checks every chunk of a WebP. There are no checksums: in the pixels, only long runs of zeros are
 * recognised as damage.
 */
export function webpDamage(file: Buffer): Damage | undefined {
  const whole = 8 + file.readUInt32LE(4);
  if (whole > file.length) return {at: file.length, what: `the file ends early: ${whole} bytes are due`};
  let pixels = false;
  for (const {at, name, data, end} of webpChunks(file.subarray(0, whole))) {
    if (!/^[A-Z0-9 ]{4}$/.test(name)) return zeros(file) ?? {at, what: 'no chunk of a WebP'};
    if (end > whole) return {at, what: `the chunk ${name} that begins here reaches beyond the file`};
    if (name !== 'VP8 ' && name !== 'VP8L' && name !== 'ANMF') continue;
    pixels = true;
    const blank = data.length >= 8 * BLANK ? data.indexOf(Buffer.alloc(BLANK)) : -1;
    if (blank >= 0) return {at: at + 8 + blank, what: `${BLANK} zeros or more in place of pixels`};
  }
  return pixels ? undefined : {at: whole, what: 'the file ends before any pixels'};
}
