/** Messages between the batch source and its decode threads about cached clips: plain data. */
import type {Clip} from '../../clip.js';
import type {PackCodec} from '../../pack/format.js';

/** Where a clip's cached copy is, or may be made. */
export interface CacheRequest {
  /** Absolute path of the copy, whether it exists or not. */
  path: string;
  codec: PackCodec;
  /** Shared number: bytes that may still be written. */
  room: BigInt64Array;
  /** The clip with all its files, to check or make the copy; absent after the check of this run. */
  whole?: Clip;
}

/** What a thread found or did. */
export type CacheEvent =
  /** The copy exists and matches its source. */
  | {kind: 'ready'; clip: string}
  /** The copy is damaged, and was removed. */
  | {kind: 'lost'; clip: string; reason: string}
  /** The copy was removed or replaced by someone else. */
  | {kind: 'gone'; clip: string}
  /** The clip as a whole can't be decoded. */
  | {kind: 'refused'; clip: string; reason: string}
  /** A copy would not fit below the limit. */
  | {kind: 'full'}
  /** Copies can't be written. */
  | {kind: 'failed'; reason: string};

/** Reserves a copy's bytes before it is written; unused ones are returned with {@link giveRoom}. */
export function takeRoom(room: BigInt64Array, bytes: number): boolean {
  const wanted = BigInt(bytes);
  if (Atomics.sub(room, 0, wanted) >= wanted) return true;
  Atomics.add(room, 0, wanted);
  return false;
}

export function giveRoom(room: BigInt64Array, bytes: number): void {
  Atomics.add(room, 0, BigInt(bytes));
}

/** Larger than any disk, so that bytes returned later do not matter. */
export const UNBOUNDED = 2n ** 61n;

/** Nothing is written any more. */
export const closeRoom = (room: BigInt64Array) => void Atomics.store(room, 0, -UNBOUNDED);
