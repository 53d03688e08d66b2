import {closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {crc32} from 'node:zlib';
import {isRifeError, messageOf, packWriteFailed} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import {encodeTile} from './codec.js';
import {encodePreamble, PREAMBLE_BYTES, TABLE_ENTRY_BYTES, TileGrid, type PackHeader} from './format.js';

/** Hidden, so that no scan takes it for a clip; the next run for the same clip writes over it. */
const asideOf = (path: string) => join(dirname(path), `.${basename(path)}.part`);

/** How a {@link PackWriter} writes. */
export interface PackWriterOptions {
  /** Temporary path in the same folder. @default a hidden name, the same each time */
  aside?: string;
  /** Sync the file before it is renamed. @default true */
  flush?: boolean;
}

/**
 * Writes a packed clip to a temporary file; only `finish` renames it. Synchronous, as reading is.
 */
export class PackWriter {
  private readonly grid: TileGrid;
  private readonly headerBytes: Buffer;
  private readonly table: Buffer;
  private readonly aside: string;
  private readonly flush: boolean;
  private readonly fd: number;
  private tiles = 0;
  private position: number;

  /** @throws RIFE_ERR_DATA_PACK_WRITE */
  constructor(
    readonly path: string,
    readonly header: PackHeader,
    {aside = asideOf(path), flush = true}: PackWriterOptions = {},
  ) {
    this.grid = new TileGrid(header);
    this.headerBytes = Buffer.from(JSON.stringify(header));
    this.table = Buffer.alloc(header.frames * this.grid.count * TABLE_ENTRY_BYTES);
    this.position = PREAMBLE_BYTES + this.headerBytes.length + this.table.length;
    this.aside = aside;
    this.flush = flush;
    this.fd = this.attempt(() => {
      makeFolder(dirname(path));
      return openSync(this.aside, 'w');
    });
  }

  /**
   * Appends a frame.
   * @param frame RGB bytes [H,W,3]
   * @throws RIFE_ERR_DATA_PACK_WRITE
   */
  add(frame: Uint8Array): void {
    const {codec, width} = this.header;
    const stored: Uint8Array[] = [];
    for (let index = 0; index < this.grid.count; index++) {
      const bytes = encodeTile(codec, frame, width, this.grid.rect(index));
      const entry = this.tiles++ * TABLE_ENTRY_BYTES;
      this.table.writeUInt32LE(bytes.length, entry);
      this.table.writeUInt32LE(crc32(bytes), entry + 4);
      stored.push(bytes);
    }
    const all = Buffer.concat(stored);
    this.attempt(() => this.write(all, this.position));
    this.position += all.length;
  }

  /**
   * Completes the file and renames it, replacing an earlier one.
   * @returns its size in bytes
   * @throws RIFE_ERR_DATA_PACK_WRITE
   */
  finish(): number {
    const [expected, got] = [this.header.frames, this.tiles / this.grid.count];
    if (got !== expected) throw packWriteFailed(this.path, `${got} frames came in place of ${expected}`);
    const preamble = encodePreamble({
      headerBytes: this.headerBytes.length,
      tableBytes: this.table.length,
      headerSum: crc32(this.headerBytes),
      tableSum: crc32(this.table),
      fileBytes: this.position,
    });
    this.attempt(() => {
      this.write(Buffer.concat([preamble, this.headerBytes, this.table]), 0);
      if (this.flush) fsyncSync(this.fd); // a power cut must not leave the name without the bytes
      closeSync(this.fd);
      renameSync(this.aside, this.path);
    });
    return this.position;
  }

  /** Discards what was written, after an error. */
  abort(): void {
    try {
      closeSync(this.fd);
    } catch {
      // Closed already: the rename failed.
    }
    rmSync(this.aside, {force: true});
  }

  private write(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.fd, bytes, done, bytes.length - done, position + done);
  }

  private attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw isRifeError(error) ? error : packWriteFailed(this.path, messageOf(error), error);
    }
  }
}
