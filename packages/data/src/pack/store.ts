import {packDamaged} from '@rife-train/errors';
import type {Clip} from '../clip.js';
import {PackFile} from './reader.js';

/** Open files that one thread keeps: far below the usual limit of 1,024 a process. */
const MAX_OPEN = 32;

/** Keeps the most recently read packed clips open. */
export class PackStore {
  /** In order of last use. */
  private readonly open = new Map<string, PackFile>();

  constructor(readonly limit = MAX_OPEN) {}

  /** Number of files open now. */
  get size(): number {
    return this.open.size;
  }

  /**
   * The file of a packed clip; valid until the next call.
   * @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE
   */
  file(clip: Clip): PackFile {
    const known = this.open.get(clip.path);
    if (known) this.open.delete(clip.path);
    else this.makeRoom();
    const file = known ?? PackFile.open(clip);
    this.open.set(clip.path, file);
    const {width, height, frames} = file.header;
    if (width !== clip.width || height !== clip.height || frames !== clip.frames)
      throw packDamaged(
        clip.id,
        clip.path,
        'in its header',
        `it has ${frames} frames of ${height} x ${width}, and had ${clip.frames} of ${clip.height} x ${clip.width} when it was found`,
      );
    return file;
  }

  /** The file of a path, where it is open. */
  opened(path: string): PackFile | undefined {
    return this.open.get(path);
  }

  /** Closes the file of a path, which may have been replaced. */
  drop(path: string): void {
    this.open.get(path)?.close();
    this.open.delete(path);
  }

  close(): void {
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }

  private makeRoom(): void {
    for (const [path, file] of this.open) {
      if (this.open.size < this.limit) return;
      file.close();
      this.open.delete(path);
    }
  }
}
