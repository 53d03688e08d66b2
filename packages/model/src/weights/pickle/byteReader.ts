/**
 * Reads a stream of bytes from front to back. Never allocates a length that the stream does not
 * have.
 */
import {weightsPickleError} from '@rife-train/errors';

const LINE_FEED = 10;
/** Longest name of a module or class. */
const MAX_LINE_BYTES = 1024;
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

export class ByteReader {
  private readonly bytes: Buffer;
  /** Next byte. */
  at: number;
  private readonly start: number;

  /** @param at offset of the stream in `content`; errors count from there */
  constructor(
    content: Uint8Array,
    private readonly file: string,
    at = 0,
  ) {
    this.bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    this.at = at;
    this.start = at;
  }

  /** The error to throw for something wrong near the byte last read. */
  error(problem: string): Error {
    return weightsPickleError(this.file, this.at - this.start, problem);
  }

  /** A view of the next bytes. */
  take(length: number): Buffer {
    if (length > this.bytes.length - this.at)
      throw this.error(`it asks for ${length} bytes where ${this.bytes.length - this.at} are left`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    return this.take(2).readUInt16LE();
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  i32(): number {
    return this.take(4).readInt32LE();
  }

  f64(): number {
    return this.take(8).readDoubleBE();
  }

  /** A length of eight bytes; one above 2^53 is as invalid as one beyond the end. */
  u64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.error('a string is not UTF-8');
    }
  }

  /** Text up to the next line feed. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MAX_LINE_BYTES).indexOf(LINE_FEED);
    if (end < 0) throw this.error('a name does not end');
    const text = this.text(end);
    this.at++;
    return text;
  }

  /** A two's complement number of any length; a number where it is exact. */
  integer(length: number): number | bigint {
    const bytes = this.take(length);
    if (length === 0) return 0;
    const hex = Buffer.from(bytes).reverse().toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x${hex}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
}
