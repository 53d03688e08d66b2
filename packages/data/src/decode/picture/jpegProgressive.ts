/** Blocks of a progressive JPEG's scans: each sends some coefficients, or one more bit of some. */
import type {Bits, HuffmanTable} from './huffman.js';
import {gridsOf, type Frame, type ScanHead} from './jpegHeader.js';

const NO_CODE = 'bits that are no code';

/** Remembers which coefficients are not zero: later scans send a bit for each of them. */
export class ProgressiveBlocks {
  private readonly known: Uint8Array[];

  constructor(readonly frame: Frame) {
    this.known = gridsOf(frame).grids.map(({stride, height}) => new Uint8Array(64 * stride * height));
  }

  /** How to go over the blocks of a scan. */
  of(scan: ScanHead) {
    const {parts, first, last, high} = scan;
    const known = this.known[this.frame.components.indexOf(parts[0]!.component)]!;
    if (first === 0) return high === 0 ? firstMeans(scan) : {block: oneBit, restart: () => {}};
    const table = parts[0]!.ac;
    let run = 0;
    const advance = high === 0 ? firstValues : moreBits;
    const block = (bits: Bits, _part: number, index: number): string | undefined => {
      if (!table || last > 63 || first > last) return 'a scan without its Huffman tables';
      const left = advance(bits, table, known.subarray(64 * index, 64 * index + 64), first, last, run);
      run = left;
      return left < 0 ? NO_CODE : undefined;
    };
    return {block, restart: () => void (run = 0)};
  }
}

/** One more bit of the DC coefficients. */
function oneBit(bits: Bits): undefined {
  bits.at++;
}

/** First bits of the DC coefficients. */
function firstMeans({parts}: ScanHead) {
  const block = (bits: Bits, part: number): string | undefined => {
    const table = parts[part]!.dc;
    if (!table) return 'a scan without its Huffman tables';
    const size = bits.symbol(table);
    if (size < 0 || size > 11) return NO_CODE;
    bits.at += size;
    return undefined;
  };
  return {block, restart: () => {}};
}

/**
 * Reads one block's coefficients from `first` to `last`. @returns blocks that stay empty from here
 * on, or -1
 */
type ReadBlock = (
  bits: Bits,
  table: HuffmanTable,
  known: Uint8Array,
  first: number,
  last: number,
  run: number,
) => number;

/** First bits of coefficients. */
const firstValues: ReadBlock = (bits, table, known, first, last, run) => {
  if (run > 0) return run - 1;
  for (let place = first; place <= last; place++) {
    const symbol = bits.symbol(table);
    if (symbol < 0) return -1;
    const [zeros, size] = [symbol >> 4, symbol & 15];
    if (size === 0 && zeros < 15) return (1 << zeros) - 1 + bits.take(zeros);
    place += zeros;
    if (place > last) return -1;
    if (size > 0) known[place] = 1;
    bits.at += size;
  }
  return 0;
};

/** One more bit of each coefficient that is known, and new ones among them. */
const moreBits: ReadBlock = (bits, table, known, first, last, run) => {
  let place = first;
  /** Passes known coefficients and `zeros` others; stops at the next other one. */
  const skip = (zeros: number) => {
    for (; place <= last; place++) {
      if (known[place]) bits.at++;
      else if (--zeros < 0) return;
    }
  };
  if (run > 0) {
    skip(64);
    return run - 1;
  }
  for (; place <= last; place++) {
    const symbol = bits.symbol(table);
    if (symbol < 0) return -1;
    const [zeros, size] = [symbol >> 4, symbol & 15];
    if (size === 0 && zeros < 15) {
      const left = (1 << zeros) - 1 + bits.take(zeros);
      skip(64);
      return left;
    }
    if (size > 1) return -1;
    bits.at += size;
    skip(zeros);
    if (size > 0 && place > last) return -1;
    if (size > 0) known[place] = 1;
  }
  return 0;
};
