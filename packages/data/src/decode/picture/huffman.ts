/** Huffman codes of a JPEG as lookup tables of the next bits. */

/** Bits of one table lookup; longer codes are decoded bit by bit. */
const LOOK = 10;

/** Marks an end of block among the steps of a coefficient's number. */
export const END_OF_BLOCK = 1024;

/** A table of codes. */
export interface HuffmanTable {
  /**
   * For each value of the next `LOOK` bits: `steps << 8 | bits of code and value`, or 0 if the code
   * is longer or invalid.
   */
  steps: Uint32Array;
  /** The same as `symbol << 8 | bits of the code`. */
  quick: Uint16Array;
  /**
   * Largest code of each length from 1 to 16, or -1; and what to add to get its index among the
   * symbols.
   */
  largest: Int32Array;
  offset: Int32Array;
  symbols: Uint8Array;
}

/**
 * Meaning of a symbol: how many coefficients it advances, and how many bits follow the code. Zigzag
 * places: a run of zeros and a value (`run << 4 | bits`), 16 zeros (0xf0), or the end of the block
 * (0).
 */
function stepsOf(symbol: number): number {
  const bits = symbol & 15;
  if (bits > 0) return (symbol >> 4) + 1;
  return symbol === 0xf0 ? 16 : END_OF_BLOCK;
}

/** @returns undefined if the counts are not a valid code */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const [steps, quick] = [new Uint32Array(1 << LOOK), new Uint16Array(1 << LOOK)];
  const [largest, offset] = [new Int32Array(17).fill(-1), new Int32Array(17)];
  let [code, place] = [0, 0];
  for (let length = 1; length <= 16; length++) {
    offset[length] = place - code;
    for (let i = 0; i < counts[length - 1]!; i++, code++, place++) {
      if (code >= 1 << length) return undefined;
      if (length > LOOK) continue;
      const symbol = symbols[place]!;
      const [first, next] = [code << (LOOK - length), (code + 1) << (LOOK - length)];
      steps.fill((stepsOf(symbol) << 8) | (length + (symbol & 15)), first, next);
      quick.fill((symbol << 8) | length, first, next);
    }
    if (counts[length - 1]! > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return {steps, quick, largest, offset, symbols};
}

/** Bits of compressed data without stuffing; zeros after its end. */
export class Bits {
  /** Position of the next bit. */
  at = 0;

  constructor(readonly data: Uint8Array) {}

  /** The next 24 bits or more, in the upper part of 32. */
  window(): number {
    const {data, at} = this;
    const byte = at >>> 3;
    const word = (data[byte]! << 24) | (data[byte + 1]! << 16) | (data[byte + 2]! << 8) | data[byte + 3]!;
    return word << (at & 7);
  }

  /** Up to 16 bits as a number. */
  take(count: number): number {
    if (count === 0) return 0;
    const value = this.window() >>> (32 - count);
    this.at += count;
    return value;
  }

  /** The next symbol; -1 if the bits are not a code of the table. */
  symbol({quick, largest, offset, symbols}: HuffmanTable): number {
    const window = this.window();
    const known = quick[window >>> (32 - LOOK)]!;
    if (known > 0) {
      this.at += known & 255;
      return known >>> 8;
    }
    for (let length = LOOK + 1; length <= 16; length++) {
      const code = window >>> (32 - length);
      if (code > largest[length]!) continue;
      this.at += length;
      return symbols[code + offset[length]!]!;
    }
    return -1;
  }

  /**
   * Goes over the coefficients of a block from place 1 on. @returns false if the bits are invalid
   */
  skipBlock(table: HuffmanTable): boolean {
    const {data} = this;
    const {steps} = table;
    // Local variables, since most of the time is spent in this loop.
    let {at} = this;
    let place = 1;
    while (place < 64) {
      const byte = at >>> 3;
      const word = (data[byte]! << 24) | (data[byte + 1]! << 16) | (data[byte + 2]! << 8);
      const known = steps[(word << (at & 7)) >>> (32 - LOOK)]!;
      if (known > 0) {
        at += known & 255;
        place += known >>> 8;
        continue;
      }
      this.at = at;
      const symbol = this.symbol(table);
      if (symbol < 0) return false;
      at = this.at + (symbol & 15);
      place += stepsOf(symbol);
    }
    this.at = at;
    return place === 64 || place >= END_OF_BLOCK;
  }

  /** A number that follows its count of bits, as JPEG writes differences. */
  difference(bits: number): number {
    const value = this.take(bits);
    return bits === 0 || value >= 1 << (bits - 1) ? value : value - (1 << bits) + 1;
  }
}
