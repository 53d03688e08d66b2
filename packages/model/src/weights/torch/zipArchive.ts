/**
 * A ZIP archive in memory: entries stored or deflated, checked against their CRC-32. Their unpacked
 * size is known and bounded before the first byte is unpacked.
 */
import {crc32, inflateRawSync} from 'node:zlib';
import {showName, weightsCorruptError, weightsSizeError} from '@rife-train/errors';
import {unpackedLimit} from '../limits.js';
import {readDirectory, type Refuse, type ZipEntry} from './zipDirectory.js';

const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/** A range of the file that belongs to one entry. */
interface Extent {
  entry: ZipEntry;
  dataAt: number;
}

export class ZipArchive {
  private readonly content: Buffer;
  private readonly extents: Map<string, Extent>;
  private readonly refuse: Refuse;

  /** @throws RIFE_ERR_WEIGHTS_CORRUPT, RIFE_ERR_WEIGHTS_SIZE */
  constructor(
    content: Uint8Array,
    private readonly file: string,
  ) {
    this.content = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    this.refuse = problem => weightsCorruptError(file, problem);
    const entries = [...readDirectory(this.content, this.refuse).values()];
    this.checkTotal(entries);
    this.extents = new Map(entries.map(entry => [entry.name, this.extentOf(entry)]));
    this.checkOverlap();
  }

  get names(): string[] {
    return [...this.extents.keys()];
  }

  has(name: string): boolean {
    return this.extents.has(name);
  }

  /** Unpacked bytes of an entry. */
  sizeOf(name: string): number {
    return this.extents.get(name)!.entry.bytes;
  }

  /**
   * An entry's content: a view if it is stored.
   * @throws RIFE_ERR_WEIGHTS_CORRUPT when it is missing, does not unpack or has another checksum
   */
  read(name: string): Buffer {
    const extent = this.extents.get(name);
    if (!extent) throw this.refuse(`its entry ${showName(name)} is missing`);
    const {entry, dataAt} = extent;
    const packed = this.content.subarray(dataAt, dataAt + entry.packedBytes);
    const content = entry.method === STORED ? packed : this.inflate(entry, packed);
    if (content.length !== entry.bytes)
      throw this.refuse(
        `entry ${showName(name)} has ${content.length} bytes, its directory says ${entry.bytes}`,
      );
    if (crc32(content) !== entry.crc32) throw this.refuse(`entry ${showName(name)} has another checksum`);
    return content;
  }

  private inflate({name, bytes}: ZipEntry, packed: Buffer): Buffer {
    try {
      // zlib does not accept a limit of 0.
      return inflateRawSync(packed, {maxOutputLength: Math.max(1, bytes)});
    } catch (error) {
      throw this.refuse(`entry ${showName(name)} does not unpack: ${(error as Error).message}`);
    }
  }

  private checkTotal(entries: readonly ZipEntry[]): void {
    const total = entries.reduce((sum, {bytes}) => sum + bytes, 0);
    const limit = unpackedLimit(this.content.length);
    if (total > limit) throw weightsSizeError(this.file, 'The unpacked content', total, limit);
  }

  private extentOf(entry: ZipEntry): Extent {
    const {headerAt, packedBytes, bytes, method} = entry;
    const shown = showName(entry.name);
    if (method !== STORED && method !== DEFLATED)
      throw this.refuse(`entry ${shown} is packed by method ${method}`);
    if (method === STORED && packedBytes !== bytes)
      throw this.refuse(`entry ${shown} is stored, but has two sizes`);
    if (headerAt + LOCAL_BYTES > this.content.length || this.content.readUInt32LE(headerAt) !== LOCAL)
      throw this.refuse(`entry ${shown} is not where its directory says`);
    const nameBytes = this.content.readUInt16LE(headerAt + 26);
    const dataAt = headerAt + LOCAL_BYTES + nameBytes + this.content.readUInt16LE(headerAt + 28);
    if (dataAt + packedBytes > this.content.length)
      throw this.refuse(`entry ${shown} reaches beyond the end`);
    const name = this.content.toString('utf8', headerAt + LOCAL_BYTES, headerAt + LOCAL_BYTES + nameBytes);
    if (name !== entry.name) throw this.refuse(`entry ${shown} has another name at its place`);
    return {entry, dataAt};
  }

  /** Entries that share bytes would let a small archive unpack to an enormous one. */
  private checkOverlap(): void {
    const ordered = [...this.extents.values()].sort((a, b) => a.entry.headerAt - b.entry.headerAt);
    let end = 0;
    for (const {entry, dataAt} of ordered) {
      if (entry.headerAt < end) throw this.refuse(`entry ${showName(entry.name)} overlaps another one`);
      end = dataAt + entry.packedBytes;
    }
  }
}
