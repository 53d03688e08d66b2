/**
 * Whether an MP4 declares more frames than it can hold. Four bytes of a table stand for up to four
 * billion frames, and a parser would list them all.
 */
import {closeSync, fstatSync, readSync} from 'node:fs';
import {openRegularSync} from '@rife-train/files';

/** Boxes that hold the tables of a track. */
const PARENTS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);
/** Most boxes that are looked at; usual files have a hundred. */
const MOST_BOXES = 10_000;
/** Most bytes of a table that are read: eight an entry. */
const MOST_TABLE_BYTES = 64 * 2 ** 20;

interface Box {
  name: string;
  /** Of its content. */
  from: number;
  to: number;
}

// Synchronous: a few small reads, of which thousands of clips make many.
function bytesAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}

/** Boxes of tracks, those inside others after them. */
function* boxesOf(file: number, bytes: number): Generator<Box> {
  const spans = [{from: 0, to: bytes}];
  for (let span = spans.pop(); span; span = spans.pop()) {
    for (let at = span.from; at + 8 <= span.to;) {
      const head = bytesAt(file, at, 16);
      if (head.length < 8) break;
      const short = head.readUInt32BE(0);
      const isLong = short === 1 && head.length === 16;
      const size = isLong ? Number(head.readBigUInt64BE(8)) : short === 0 ? span.to - at : short;
      const box = {from: at + (isLong ? 16 : 8), to: Math.min(span.to, at + size)};
      if (at + size < box.from) break;
      const name = head.toString('latin1', 4, 8);
      if (PARENTS.has(name)) spans.push(box);
      yield {name, ...box};
      at += size;
    }
  }
}

/** Frames that the table of a box declares; 0 for other boxes. */
function declaredIn(file: number, {name, from, to}: Box): number {
  const head = bytesAt(file, from, 12);
  if (head.length < 12 || to - from < 12) return 0;
  // Sizes of frames: where all have one size, their number stands alone.
  if (name === 'stsz') return head.readUInt32BE(8);
  // Durations and offsets of frames in a row: pairs of a number and a value.
  if (name !== 'stts' && name !== 'ctts') return 0;
  const length = Math.min(8 * head.readUInt32BE(4), to - from - 8);
  if (length > MOST_TABLE_BYTES) return Infinity;
  const table = bytesAt(file, from + 8, length);
  let frames = 0;
  for (let at = 0; at + 8 <= table.length; at += 8) frames += table.readUInt32BE(at);
  return frames;
}

/** @returns false for a file that declares more frames than it has bytes, or countless boxes */
export function canHoldItsFrames(path: string): boolean {
  const file = openRegularSync(path);
  try {
    const {size} = fstatSync(file);
    let boxes = 0;
    for (const box of boxesOf(file, size))
      if (++boxes > MOST_BOXES || declaredIn(file, box) > size) return false;
    return true;
  } finally {
    closeSync(file);
  }
}
