/**
 * The file of a packed clip, numbers little-endian:
 *
 *     preamble  40 bytes: magic, version, lengths and checksums of the other parts, length of
 *               the file, checksum of the preamble
 *     header    JSON, {@link PackHeader}
 *     table     8 bytes per tile: length, CRC-32 of the stored bytes; tiles of frame 0 first, in
 *               rows from the top left
 *     tiles     one after another, in the table's order
 *
 * Offsets follow from the lengths. The header is apart from the table so that a scan reads one
 * block of a file.
 */
import {crc32} from 'node:zlib';
import {packDamaged} from '@rife-train/errors';
import {MAX_PIXELS, type Clip} from '../clip.js';

/** How the pixels of a tile are stored; `deflate` is lossless. */
export type PackCodec = 'raw' | 'deflate';
export const PACK_CODECS: readonly PackCodec[] = ['deflate', 'raw'];

/**
 * Side of a tile in pixels: a crop of 512 of 768 touches 25 of 36 tiles, and a tile is worth a call
 * of zlib.
 */
export const TILE = 128;

/** What a clip was packed from; a changed source is packed again. */
export interface PackSource {
  kind: Clip['kind'];
  /** Size of all its files. */
  bytes: number;
  /** Hash of names, sizes and times of change. */
  fingerprint: string;
}

/** Header of a packed clip. */
export interface PackHeader {
  /** Id of the clip it was packed from. */
  id: string;
  /** Pixels. */
  width: number;
  height: number;
  frames: number;
  codec: PackCodec;
  /** Side of a tile in pixels; tiles at the right and the bottom may be smaller. */
  tile: number;
  source: PackSource;
}

/** Path of a packed clip, and its id for messages. */
export type PackName = Pick<Clip, 'id' | 'path'>;

const MAGIC = Buffer.from('RIFECLIP');
const VERSION = 1;
export const PREAMBLE_BYTES = 40;
export const TABLE_ENTRY_BYTES = 8;
/**
 * Bytes that a scan reads at once: the preamble and, unless the id has thousands of characters, the
 * header.
 */
export const FIRST_READ_BYTES = 4096;
const MAX_HEADER_BYTES = 2 ** 20;

/** Lengths and checksums of the parts of a file. */
export interface Preamble {
  headerBytes: number;
  tableBytes: number;
  headerSum: number;
  tableSum: number;
  /** Length of the whole file. */
  fileBytes: number;
}

export function encodePreamble(preamble: Preamble): Buffer {
  const bytes = Buffer.alloc(PREAMBLE_BYTES);
  MAGIC.copy(bytes);
  const {headerBytes, tableBytes, headerSum, tableSum} = preamble;
  for (const [i, value] of [VERSION, headerBytes, tableBytes, headerSum, tableSum].entries())
    bytes.writeUInt32LE(value, MAGIC.length + 4 * i);
  bytes.writeBigUInt64LE(BigInt(preamble.fileBytes), 28);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
  return bytes;
}

/** @throws RIFE_ERR_DATA_PACK */
export function parsePreamble(name: PackName, bytes: Buffer, fileBytes: number): Preamble {
  const fault = (reason: string) => packDamaged(name.id, name.path, 'at its start', reason);
  if (bytes.length < PREAMBLE_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw fault('it does not begin as a packed clip');
  if (crc32(bytes.subarray(0, 36)) !== bytes.readUInt32LE(36)) throw fault('the checksum is wrong');
  const [version, headerBytes, tableBytes, headerSum, tableSum] = [8, 12, 16, 20, 24].map(at =>
    bytes.readUInt32LE(at),
  ) as [number, number, number, number, number];
  if (version !== VERSION) throw fault(`it has version ${version} of the format, and ${VERSION} is known`);
  const expected = Number(bytes.readBigUInt64LE(28));
  if (fileBytes !== expected) throw fault(`the file has ${fileBytes} bytes and should have ${expected}`);
  if (headerBytes > MAX_HEADER_BYTES || PREAMBLE_BYTES + headerBytes + tableBytes > fileBytes)
    throw fault('its parts are longer than the file');
  return {headerBytes, tableBytes, headerSum, tableSum, fileBytes};
}

const isCount = (value: unknown, most = 2 ** 31) =>
  Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= most;

function isHeader(value: PackHeader | null): value is PackHeader {
  if (typeof value !== 'object' || value === null) return false;
  const {id, width, height, frames, codec, tile, source} = value;
  return (
    typeof id === 'string' &&
    [width, height, tile].every(side => isCount(side, 65535)) &&
    isCount(frames) &&
    PACK_CODECS.includes(codec) &&
    typeof source?.fingerprint === 'string'
  );
}

/** @throws RIFE_ERR_DATA_PACK */
export function parseHeader(name: PackName, preamble: Preamble, bytes: Buffer): PackHeader {
  const fault = (reason: string) => packDamaged(name.id, name.path, 'in its header', reason);
  if (crc32(bytes) !== preamble.headerSum) throw fault('the checksum is wrong');
  let header: PackHeader | null;
  try {
    header = JSON.parse(bytes.toString('utf8')) as PackHeader;
  } catch (error) {
    throw packDamaged(name.id, name.path, 'in its header', 'it is no JSON', error);
  }
  if (!isHeader(header)) throw fault('a field is missing or of a kind that is not known');
  if (header.width * header.height > MAX_PIXELS)
    throw fault(`its frames have ${header.height} x ${header.width} pixels, and ${MAX_PIXELS} are the most`);
  const entries = header.frames * new TileGrid(header).count;
  if (preamble.tableBytes !== entries * TABLE_ENTRY_BYTES) throw fault('its table has another length');
  return header;
}

/** A rectangle of a frame, in pixels. */
export interface TileRect {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Grid of the tiles of a frame. */
export class TileGrid {
  readonly columns: number;
  readonly rows: number;
  readonly count: number;

  constructor(readonly size: Pick<PackHeader, 'width' | 'height' | 'tile'>) {
    this.columns = Math.ceil(size.width / size.tile);
    this.rows = Math.ceil(size.height / size.tile);
    this.count = this.columns * this.rows;
  }

  rect(index: number): TileRect {
    const {width, height, tile} = this.size;
    const top = Math.floor(index / this.columns) * tile;
    const left = (index % this.columns) * tile;
    return {top, left, height: Math.min(tile, height - top), width: Math.min(tile, width - left)};
  }
}
