/** What travels between the batch source and its decode threads about cached clips: plain data. */
import type {Clip} from '../../clip.js';
import type {PackCodec} from '../../pack/format.js';

/** How a thread gets at a clip's cached copy. */
export interface CacheRequest {
  /** Absolute path of the copy, be it there or not. */
  path: string;
  codec: PackCodec;
  /** One shared number: bytes that may still be written. */
  room: BigInt64Array;
  /** The clip with all its files, to check the copy by, or to make it; absent once it was checked in this run. */
  whole?: Clip;
}

/** What a thread found or did. */
export type CacheEvent =
  /** The copy is there, and of the source as it is now. */
  | {kind: 'ready'; clip: string}
  /** The copy is damaged, and was removed. */
  | {kind: 'lost'; clip: string; reason: string}
  /** The copy is not there any more: somebody removed or replaced it. */
  | {kind: 'gone'; clip: string}
  /** The clip can't be decoded whole. */
  | {kind: 'refused'; clip: string; reason: string}
  /** A copy would not fit below the limit. */
  | {kind: 'full'}
  /** Copies can't be written. */
  | {kind: 'failed'; reason: string};

/** A copy's bytes are taken before it is written, and what it did not need is given back. */
export function takeRoom(room: BigInt64Array, bytes: number): boolean {
  const wanted = BigInt(bytes);
  if (Atomics.sub(room, 0, wanted) >= wanted) return true;
  Atomics.add(room, 0, wanted);
  return false;
}

export function giveRoom(room: BigInt64Array, bytes: number): void {
  Atomics.add(room, 0, BigInt(bytes));
}

/** More than all disks: what is given back later does not make up for it. */
export const UNBOUNDED = 2n ** 61n;

/** Nothing is written any more. */
export const closeRoom = (room: BigInt64Array) => void Atomics.store(room, 0, -UNBOUNDED);
