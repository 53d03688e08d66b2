/**
 * Random access to packed clips. All calls are synchronous: they run in decode threads, which have
 * nothing else to do.
 */
import {closeSync, fstatSync, readSync} from 'node:fs';
import {crc32} from 'node:zlib';
import {fileUnreadable, isRifeError, messageOf, packDamaged} from '@rife-train/errors';
import {openRegular, openRegularSync} from '@rife-train/files';
import {decodeTile} from './codec.js';
import {
  FIRST_READ_BYTES,
  parseHeader,
  parsePreamble,
  PREAMBLE_BYTES,
  TABLE_ENTRY_BYTES,
  TileGrid,
  type PackHeader,
  type PackName,
  type TileRect,
} from './format.js';

/**
 * Two reads are joined if fewer bytes are between them: a call costs about as much as copying so
 * many.
 */
const JOIN_BYTES = 64 * 1024;

/**
 * Header of a packed clip; reads one block.
 * @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE
 */
export async function readPackHeader(name: PackName): Promise<PackHeader> {
  const file = await openRegular(name.path).catch((error: unknown) => {
    throw fileUnreadable(name.path, messageOf(error), error);
  });
  try {
    const read = async (length: number) => {
      const {buffer, bytesRead} = await file.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    };
    let start = await read(FIRST_READ_BYTES);
    const preamble = parsePreamble(name, start, (await file.stat()).size);
    const end = PREAMBLE_BYTES + preamble.headerBytes;
    if (start.length < end) start = await read(end);
    return parseHeader(name, preamble, start.subarray(PREAMBLE_BYTES, end));
  } catch (error) {
    throw isRifeError(error) ? error : fileUnreadable(name.path, messageOf(error), error);
  } finally {
    await file.close();
  }
}

/** Consecutive tiles of one frame in the file, from `first` to `last`. */
interface Run {
  first: number;
  last: number;
}

/** An open packed clip. */
export class PackFile {
  readonly header: PackHeader;
  private readonly grid: TileGrid;
  /** Length and checksum of each tile. */
  private readonly table: Buffer;
  /** Offset in the file of each tile, and the end of the last. */
  private readonly offsets: Float64Array;
  private bytes = Buffer.alloc(0);

  private constructor(
    readonly name: PackName,
    readonly fd: number,
  ) {
    const preamble = parsePreamble(name, this.read(0, PREAMBLE_BYTES, 'at its start'), fstatSync(fd).size);
    const {headerBytes, tableBytes} = preamble;
    const rest = Buffer.from(this.read(PREAMBLE_BYTES, headerBytes + tableBytes, 'in its table'));
    this.header = parseHeader(name, preamble, rest.subarray(0, headerBytes));
    this.grid = new TileGrid(this.header);
    this.table = rest.subarray(headerBytes);
    if (crc32(this.table) !== preamble.tableSum) throw this.fault('in its table', 'the checksum is wrong');
    this.offsets = new Float64Array(tableBytes / TABLE_ENTRY_BYTES + 1);
    this.offsets[0] = PREAMBLE_BYTES + headerBytes + tableBytes;
    for (let i = 1; i < this.offsets.length; i++)
      this.offsets[i] = this.offsets[i - 1]! + this.table.readUInt32LE((i - 1) * TABLE_ENTRY_BYTES);
    if (this.offsets.at(-1) !== preamble.fileBytes)
      throw this.fault('in its table', 'the tiles do not fill the file');
  }

  /** @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE */
  static open(name: PackName): PackFile {
    let fd: number;
    try {
      fd = openRegularSync(name.path);
    } catch (error) {
      throw fileUnreadable(name.path, messageOf(error), error);
    }
    try {
      return new PackFile(name, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  /**
   * RGB bytes [height,width,3] of a region of a frame. Reads and decodes the tiles that it touches,
   * no others.
   * @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE
   */
  region(frame: number, crop: TileRect): Uint8Array {
    const target = new Uint8Array(crop.height * crop.width * 3);
    for (const run of this.runs(frame, crop)) this.decodeRun(frame, run, crop, target);
    return target;
  }

  /** All of a frame, as {@link region}. */
  frame(frame: number): Uint8Array {
    const {height, width} = this.header;
    return this.region(frame, {top: 0, left: 0, height, width});
  }

  /** Index in the file of a frame's first tile. */
  private base(frame: number): number {
    return frame * this.grid.count;
  }

  /** Spans to read at once: one per row of tiles, joined if the gap is small. */
  private runs(frame: number, crop: TileRect): Run[] {
    const {tile} = this.header;
    const {columns} = this.grid;
    const base = this.base(frame);
    const [left, right] = [Math.floor(crop.left / tile), Math.floor((crop.left + crop.width - 1) / tile)];
    const bottom = Math.floor((crop.top + crop.height - 1) / tile);
    const runs: Run[] = [];
    for (let row = Math.floor(crop.top / tile); row <= bottom; row++) {
      const run = {first: row * columns + left, last: row * columns + right};
      const before = runs.at(-1);
      const between = before && this.offsets[base + run.first]! - this.offsets[base + before.last + 1]!;
      if (before && between! < JOIN_BYTES) before.last = run.last;
      else runs.push(run);
    }
    return runs;
  }

  private decodeRun(frame: number, {first, last}: Run, crop: TileRect, target: Uint8Array): void {
    const base = this.base(frame);
    const start = this.offsets[base + first]!;
    const bytes = this.read(start, this.offsets[base + last + 1]! - start, `in frame ${frame}`);
    for (let index = first; index <= last; index++) {
      const rect = this.grid.rect(index);
      if (rect.left >= crop.left + crop.width || rect.left + rect.width <= crop.left) continue;
      const [from, to] = [this.offsets[base + index]! - start, this.offsets[base + index + 1]! - start];
      this.decodeTile(frame, index, bytes.subarray(from, to), rect, crop, target);
    }
  }

  private decodeTile(
    frame: number,
    index: number,
    stored: Buffer,
    rect: TileRect,
    crop: TileRect,
    target: Uint8Array,
  ): void {
    const where = `in frame ${frame}, tile ${index}`;
    const sum = this.table.readUInt32LE((this.base(frame) + index) * TABLE_ENTRY_BYTES + 4);
    if (crc32(stored) !== sum) throw this.fault(where, 'the checksum is wrong');
    try {
      decodeTile(this.header.codec, stored, rect, crop, target);
    } catch (error) {
      throw this.fault(where, messageOf(error), error);
    }
  }

  /** Bytes at an offset; valid until the next read. */
  private read(position: number, length: number, where: string): Buffer {
    if (this.bytes.length < length) this.bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      let count: number;
      try {
        count = readSync(this.fd, this.bytes, done, length - done, position + done);
      } catch (error) {
        throw fileUnreadable(this.name.path, messageOf(error), error);
      }
      if (count === 0) throw this.fault(where, 'the file ends early');
      done += count;
    }
    return this.bytes.subarray(0, length);
  }

  private fault(where: string, reason: string, cause?: unknown) {
    return packDamaged(this.name.id, this.name.path, where, reason, cause);
  }
}

/**
 * Reads a packed clip to its end and checks all checksums.
 * @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE
 */
export function verifyPack(id: string, path: string): void {
  const file = PackFile.open({id, path});
  try {
    for (let frame = 0; frame < file.header.frames; frame++) file.frame(frame);
  } finally {
    file.close();
  }
}
