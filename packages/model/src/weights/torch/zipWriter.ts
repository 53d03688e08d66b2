/**
 * A ZIP archive with the layout of torch's own writer (miniz). Entries are stored, data starts at
 * multiples of 64 bytes so that it can be mapped into memory, sizes follow the data, and dates are
 * zero. torch.load may compute offsets from this layout instead of reading them
 * (torch/serialization.py, `_get_offset`), so every byte follows it.
 */
import {crc32} from 'node:zlib';

export interface ZipSource {
  name: string;
  bytes: Uint8Array;
}

interface Written {
  name: Buffer;
  crc: number;
  bytes: number;
  at: number;
  flags: number;
}

export const ALIGNMENT = 64;
const LOCAL_BYTES = 30;
const UTF8 = 0x0800;
const SIZES_BEHIND = 0x0008;
/** Names of a padding field: 'FB', as torch writes it. */
const PADDING_ID = 0x4246;

/** Local header with the padding that aligns the data to a multiple of 64. */
function localHeader(name: Buffer, flags: number, at: number): Buffer {
  const bare = at + LOCAL_BYTES + name.length + 4;
  const padding = (ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT;
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(padding + 4, 28);
  const extra = Buffer.alloc(padding + 4, 'Z');
  extra.writeUInt16LE(PADDING_ID, 0);
  extra.writeUInt16LE(padding, 2);
  return Buffer.concat([header, name, extra]);
}

/** CRC-32 and sizes, after the data. */
function descriptor(crc: number, bytes: number): Buffer {
  const fields = Buffer.alloc(16);
  [0x08074b50, crc, bytes, bytes].forEach((value, i) => fields.writeUInt32LE(value, 4 * i));
  return fields;
}

function centralHeader({name, crc, bytes, at, flags}: Written): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(flags, 8);
  [crc, bytes, bytes].forEach((value, i) => header.writeUInt32LE(value, 16 + 4 * i));
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(at, 42);
  return Buffer.concat([header, name]);
}

/** The end of the archive; torch always writes the zip64 records too. */
function endRecords(entries: number, directoryAt: number, directoryBytes: number): Buffer {
  const end = Buffer.alloc(56 + 20 + 22);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(0x031e, 12);
  end.writeUInt16LE(45, 14);
  [entries, entries, directoryBytes, directoryAt].forEach((value, i) =>
    end.writeBigUInt64LE(BigInt(value), 24 + 8 * i),
  );
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(directoryAt + directoryBytes), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  [entries, entries].forEach((value, i) => end.writeUInt16LE(Math.min(value, 0xffff), 84 + 2 * i));
  [directoryBytes, directoryAt].forEach((value, i) => end.writeUInt32LE(value, 88 + 4 * i));
  return end;
}

/** The archive as chunks. It must stay below 4 GiB. */
export function* zipChunks(sources: Iterable<ZipSource>): Generator<Uint8Array> {
  const written: Written[] = [];
  let at = 0;
  for (const {name, bytes} of sources) {
    const flags = bytes.length > 0 ? UTF8 | SIZES_BEHIND : UTF8;
    const entry = {name: Buffer.from(name), crc: crc32(bytes), bytes: bytes.length, at, flags};
    const header = localHeader(entry.name, flags, at);
    const trailer = bytes.length > 0 ? descriptor(entry.crc, bytes.length) : Buffer.alloc(0);
    yield header;
    yield bytes;
    yield trailer;
    written.push(entry);
    at += header.length + bytes.length + trailer.length;
  }
  const directory = Buffer.concat(written.map(centralHeader));
  yield directory;
  yield endRecords(written.length, at, directory.length);
}
