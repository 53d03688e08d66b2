/**
 * Memory that all replicas of a group read and write: block r belongs to replica r, and one more
 * holds the result.
 */
import type {Link} from './link.js';

/** Where one replica reads what another one writes, a barrier separates the two calls. */
export interface Blocks {
  /** @param at first float32 of the block that is overwritten */
  write(block: number, at: number, values: Float32Array): void;
  /**
   * Reads as many floats as `scratch` holds.
   * @returns `scratch`, or the block's own memory: read-only, and valid until the next barrier
   */
  read(block: number, at: number, scratch: Float32Array): Float32Array;
  /** The blocks as open files, if they are files: then the engine can do all of this itself. */
  files?: readonly number[];
  close(): void;
}

/** A replica, as far as dividing the memory is concerned. */
export interface Place {
  rank: number;
  count: number;
}

/** Allocates blocks of the given number of floats; every replica calls it at the same time. */
export type OpenBlocks = (link: Link, place: Place, floats: number) => Promise<Blocks>;

/** Blocks for replicas of one process. */
export const openSharedBlocks: OpenBlocks = async (link, {rank}, floats) => {
  const make = () => new SharedArrayBuffer(4 * floats);
  const made = await link.call('meanOf(): memory', [make(), ...(rank === 0 ? [make()] : [])]);
  const blocks = [...made.map(([own]) => own!), made[0]![1]!].map(buffer => new Float32Array(buffer));
  return {
    write: (block, at, values) => blocks[block]!.set(values, at),
    read: (block, at, {length}) => blocks[block]!.subarray(at, at + length),
    close: () => {},
  };
};
