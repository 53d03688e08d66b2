/** What a file is from the outside: whole, cut off, or no video at all. */
import {open, type FileHandle} from 'node:fs/promises';

const HEAD = 512;

const startsWith =
  (...bytes: number[]) =>
  (head: Buffer) =>
    bytes.every((byte, i) => head[i] === byte);
const says = (pattern: RegExp) => (head: Buffer) => pattern.test(head.toString('latin1'));
/** Tabs, line ends, and what can be printed; bytes above 127 are letters in UTF-8. */
const isText = (head: Buffer) => head.every(byte => byte >= 32 || (byte >= 9 && byte <= 13));

/** Other kinds of files, the first that fits. */
const KINDS: readonly (readonly [test: (head: Buffer) => boolean, kind: string])[] = [
  [
    says(/^version https:\/\/git-lfs/),
    'a pointer of git-lfs, whose file was not fetched ("git lfs pull" does)',
  ],
  [
    says(/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|!--)/i),
    'a web page, as a failed download leaves it',
  ],
  [says(/^(\xef\xbb\xbf)?\s*</), 'XML, as a failed download leaves it'],
  [isText, 'text'],
  [startsWith(0xff, 0xd8, 0xff), 'a JPEG picture'],
  [startsWith(0x89, 0x50, 0x4e, 0x47), 'a PNG picture'],
  [says(/^GIF8[79]a/), 'a GIF picture'],
  [says(/^RIFF....WEBP/s), 'a WebP picture'],
  [says(/^....ftyp(heic|heix|hevc|mif1|avif)/s), 'a HEIC or AVIF picture'],
  [startsWith(0x50, 0x4b, 3, 4), 'a zip archive'],
  [startsWith(0x1f, 0x8b), 'a gzip archive'],
  [says(/^%PDF/), 'a PDF document'],
  [says(/^(ID3|fLaC|RIFF....WAVE)/s), 'sound'],
  [head => head.every(byte => byte === 0), 'zeros from its first byte on, as a broken copy leaves them'],
];

/** Reads whole, or as much as there is. */
async function headOf(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const head = Buffer.alloc(bytes);
  const {bytesRead} = await file.read(head, 0, bytes, at);
  return head.subarray(0, bytesRead);
}

/** Bytes that an MP4 says to have, and whether its table of contents is among those that are there. */
async function mp4Shape(file: FileHandle, end: number): Promise<{bytes: number; hasTables: boolean}> {
  let [at, hasTables] = [0, false];
  while (at < end) {
    const head = await headOf(file, at, 16);
    const name = head.toString('latin1', 4, 8);
    // What is no box behind the last one, is something that a player passes over.
    if (!/^[\w \xa9-]{4}$/.test(name)) return {bytes: end, hasTables};
    const short = head.readUInt32BE(0);
    hasTables ||= name === 'moov';
    // 0: up to the end of the file; 1: the size comes behind the name, with 64 bits.
    if (short === 0) return {bytes: end, hasTables};
    const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    if (size < 8) return {bytes: end, hasTables};
    at += size;
  }
  return {bytes: at, hasTables};
}

/** A number of EBML, and the bytes that it takes; undefined where the size is left open. */
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

/** Bytes that a Matroska file says to have; undefined where it doesn't. */
function matroskaBytes(head: Buffer): number | undefined {
  const header = ebmlNumber(head, 4);
  const at = 4 + header.bytes + (header.value ?? 0);
  if (head.toString('hex', at, at + 4) !== '18538067') return undefined;
  const segment = ebmlNumber(head, at + 4);
  return segment.value === undefined ? undefined : at + 4 + segment.bytes + segment.value;
}

/** What a file is. */
export interface FileShape {
  /** Bytes that are there. */
  bytes: number;
  /** What it is in place of a video, if that is known. */
  other?: string;
  /** Bytes that are missing at its end. */
  missing?: number;
  /** True for an MP4 without a table of contents: it was never finished, or is cut off. */
  noTables?: boolean;
}

/** Reads a few bytes of the file. @throws what the operating system says */
export async function shapeOf(path: string): Promise<FileShape> {
  const file = await open(path, 'r');
  try {
    const {size: bytes} = await file.stat();
    const head = await headOf(file, 0, HEAD);
    if (bytes === 0) return {bytes};
    const other = KINDS.find(([fits]) => fits(head))?.[1];
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
