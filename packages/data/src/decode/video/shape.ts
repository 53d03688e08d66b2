/** Whether a file is whole, truncated, or not a video at all, without decoding it. */
import type {FileHandle} from 'node:fs/promises';
import {fileUnreadable, messageOf} from '@rife-train/errors';
import {openRegular} from '@rife-train/files';
import {notVideo} from '../fileKind.js';

const HEAD = 512;

/** Reads `bytes` bytes, or fewer at the end of the file. */
async function headOf(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const head = Buffer.alloc(bytes);
  const {bytesRead} = await file.read(head, 0, bytes, at);
  return head.subarray(0, bytesRead);
}

/** The size that an MP4 claims, and whether its table of contents is present. */
async function mp4Shape(file: FileHandle, end: number): Promise<{bytes: number; hasTables: boolean}> {
  let [at, hasTables] = [0, false];
  while (at < end) {
    const head = await headOf(file, at, 16);
    const name = head.toString('latin1', 4, 8);
    // Data after the last box that is not a box is ignored, as players do.
    if (!/^[\w \xa9-]{4}$/.test(name)) return {bytes: end, hasTables};
    const short = head.readUInt32BE(0);
    hasTables ||= name === 'moov';
    // 0: up to the end of the file; 1: a 64-bit size follows the name.
    if (short === 0) return {bytes: end, hasTables};
    const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    if (size < 8) return {bytes: end, hasTables};
    at += size;
  }
  return {bytes: at, hasTables};
}

/** An EBML number and its length in bytes; its value is undefined for an unknown size. */
function ebmlNumber(head: Buffer, at: number): {value: number | undefined; bytes: number} {
  const bytes = Math.clz32(head[at] ?? 0) - 23;
  let value = (head[at] ?? 0) & (0xff >> bytes);
  let isOpen = value === 0xff >> bytes;
  for (let i = 1; i < bytes; i++) {
    value = value * 256 + (head[at + i] ?? 0);
    isOpen &&= head[at + i] === 0xff;
  }
  return {value: isOpen ? undefined : value, bytes};
}

/** The size that a Matroska file claims; undefined if it claims none. */
function matroskaBytes(head: Buffer): number | undefined {
  const header = ebmlNumber(head, 4);
  const at = 4 + header.bytes + (header.value ?? 0);
  if (head.toString('hex', at, at + 4) !== '18538067') return undefined;
  const segment = ebmlNumber(head, at + 4);
  return segment.value === undefined ? undefined : at + 4 + segment.bytes + segment.value;
}

/** The outer shape of a file. */
export interface FileShape {
  /** Size of the file. */
  bytes: number;
  /** What it is if it is not a video, as far as known. */
  other?: string;
  /** Bytes that are missing at its end. */
  missing?: number;
  /** True for an MP4 without a table of contents: it was never finished, or is truncated. */
  noTables?: boolean;
}

/** Reads a few bytes of the file. @throws RIFE_ERR_DATA_FILE */
export async function shapeOf(path: string): Promise<FileShape> {
  const file = await openRegular(path).catch((error: unknown) => {
    throw fileUnreadable(path, messageOf(error), error);
  });
  try {
    const {size: bytes} = await file.stat();
    const head = await headOf(file, 0, HEAD);
    if (bytes === 0) return {bytes};
    const other = notVideo(head);
    if (other !== undefined) return {bytes, other};
    if (head.toString('hex', 0, 4) === '1a45dfa3') {
      const wanted = matroskaBytes(head);
      return wanted !== undefined && wanted > bytes ? {bytes, missing: wanted - bytes} : {bytes};
    }
    if (!/^(ftyp|moov|mdat|free|skip|wide|pnot)/.test(head.toString('latin1', 4, 8))) return {bytes};
    const {bytes: wanted, hasTables} = await mp4Shape(file, bytes);
    return {
      bytes,
      ...(wanted > bytes && {missing: wanted - bytes}),
      ...(!hasTables && {noTables: true}),
    };
  } finally {
    await file.close();
  }
}
