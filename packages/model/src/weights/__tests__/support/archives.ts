/** Archives written by hand, valid except for what a test changes. */
import {crc32, deflateRawSync} from 'node:zlib';
import {asm, pickle, text, u64} from './assembler.js';

export interface Entry {
  name: string;
  content: Uint8Array;
  deflated?: boolean;
  /** What the directory says instead of the truth. */
  bytes?: number;
  packedBytes?: number;
  crc?: number;
  method?: number;
  flags?: number;
  headerAt?: number;
  /** Name in the local header. */
  localName?: string;
}

export interface ZipOptions {
  /** Sizes and offsets in zip64 fields. */
  zip64?: boolean;
  /** Sizes after the data instead of before it. */
  descriptors?: boolean;
  comment?: string;
}

interface Placed extends Required<Omit<Entry, 'deflated' | 'localName'>> {
  at: number;
}

const fields = (...values: [number, 2 | 4][]): Buffer =>
  Buffer.concat(
    values.map(([value, size]) => {
      const bytes = Buffer.alloc(size);
      if (size === 2) bytes.writeUInt16LE(value & 0xffff);
      else bytes.writeUInt32LE(value >>> 0);
      return bytes;
    }),
  );

const UNKNOWN = 0xffffffff;

function central(entry: Placed, {zip64}: ZipOptions): Buffer {
  const {name, method, flags, crc, bytes, packedBytes, headerAt} = entry;
  const wide = asm(
    fields([1, 2], [24, 2]),
    u64(BigInt(bytes)),
    u64(BigInt(packedBytes)),
    u64(BigInt(headerAt)),
  );
  const extra = zip64 ? wide : Buffer.alloc(0);
  const numbers = zip64 ? [UNKNOWN, UNKNOWN, UNKNOWN] : [packedBytes, bytes, headerAt];
  return asm(
    fields([0x02014b50, 4], [45, 2], [45, 2], [flags, 2], [method, 2], [0, 4], [crc, 4]),
    fields(
      [numbers[0]!, 4],
      [numbers[1]!, 4],
      [Buffer.byteLength(name), 2],
      [extra.length, 2],
      [0, 2],
      [0, 2],
      [0, 2],
    ),
    fields([0, 4], [numbers[2]!, 4]),
    Buffer.from(name),
    extra,
  );
}

/** Records at the end of an archive whose directory is at `at`. */
export function end(count: number, at: number, bytes: number, {zip64, comment = ''}: ZipOptions): Buffer {
  const wide = asm(
    fields([0x06064b50, 4]),
    u64(44n),
    fields([45, 2], [45, 2], [0, 4], [0, 4]),
    ...[count, count, bytes, at].map(value => u64(BigInt(value))),
    fields([0x07064b50, 4], [0, 4]),
    u64(BigInt(at + bytes)),
    fields([1, 4]),
  );
  const [shownCount, shownBytes, shownAt] = zip64 ? [0xffff, UNKNOWN, UNKNOWN] : [count, bytes, at];
  return asm(
    zip64 ? wide : '',
    fields([0x06054b50, 4], [0, 4], [shownCount, 2], [shownCount, 2], [shownBytes, 4], [shownAt, 4]),
    fields([comment.length, 2]),
    comment,
  );
}

/** A ZIP archive. */
export function zip(entries: readonly Entry[], options: ZipOptions = {}): Buffer {
  const placed: Placed[] = [];
  const chunks: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const packed = entry.deflated ? deflateRawSync(entry.content) : Buffer.from(entry.content);
    const truth = {bytes: entry.content.length, packedBytes: packed.length, crc: crc32(entry.content)};
    const defaults = {
      ...truth,
      method: entry.deflated ? 8 : 0,
      flags: options.descriptors ? 8 : 0,
      headerAt: at,
    };
    const whole = {...defaults, ...entry, at};
    const sizes: [number, 4][] = [
      [whole.crc, 4],
      [whole.packedBytes, 4],
      [whole.bytes, 4],
    ];
    const local = entry.localName ?? entry.name;
    chunks.push(
      fields([0x04034b50, 4], [45, 2], [whole.flags, 2], [whole.method, 2], [0, 4]),
      fields(...(options.descriptors ? sizes.map(([, size]): [number, 4] => [0, size]) : sizes)),
      fields([Buffer.byteLength(local), 2], [0, 2]),
      Buffer.from(local),
      packed,
      options.descriptors ? fields([0x08074b50, 4], ...sizes) : Buffer.alloc(0),
    );
    placed.push(whole);
    at = chunks.reduce((sum, {length}) => sum + length, 0);
  }
  const directory = Buffer.concat(placed.map(entry => central(entry, options)));
  return Buffer.concat([...chunks, directory, end(entries.length, at, directory.length, options)]);
}

/** Six floats, 0 to 5. */
export const SIX = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

/** The entries of a file of torch.save. */
export const torchEntries = (
  data: Uint8Array,
  storages: Record<string, Uint8Array> = {'0': SIX},
): Entry[] => [
  {name: 'm/data.pkl', content: data},
  ...Object.entries(storages).map(([key, content]) => ({name: `m/data/${key}`, content})),
];

/** A file of torch.save around a pickle. */
export const torchZip = (data: Uint8Array, storages?: Record<string, Uint8Array>): Buffer =>
  zip(torchEntries(data, storages));

/** A file of torch.save before 1.6 around a pickle; storages of floats. */
export function torchLegacy(data: Uint8Array, storages: Record<string, Uint8Array> = {'0': SIX}): Buffer {
  const magic = asm('\x8a\x0a', Buffer.from('6cfc9c46f9206aa85019', 'hex'));
  const counted = Object.values(storages).map(bytes => asm(u64(BigInt(bytes.length / 4)), bytes));
  const keys = Object.keys(storages).map(text);
  return asm(pickle(magic), pickle('M\xe9\x03'), pickle('}'), data, pickle('](', ...keys, 'e'), ...counted);
}
