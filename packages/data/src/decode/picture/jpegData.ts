/** The compressed data of a JPEG's scan: extracted from the file and checked code by code. */
import type {Damage} from './damage.js';
import {Bits} from './huffman.js';
import {gridsOf, hex, over, type Frame, type Grid, type ScanHead} from './jpegHeader.js';
import {ProgressiveBlocks} from './jpegProgressive.js';

/** Zeros after the data, for lookahead. */
const PADDING = 8;
/** Bytes after the last unit that some encoders leave. */
const SPARE = 3;
/**
 * Largest DC value of 8-bit levels (8 times the mean), with half as much again as tolerance for
 * rounding.
 */
const LARGEST_DC = 1536;

/** Data of a scan without stuffing, with the ends of its parts between restart marks. */
interface ScanData {
  bytes: Uint8Array;
  ends: number[];
  /** Where the next mark is: where the scan ends. */
  next: number;
  damage?: Damage;
}

/** Takes a scan's data out of its file. */
export function scanData(file: Buffer, from: number): ScanData {
  const bytes = new Uint8Array(file.length - from + PADDING);
  const ends: number[] = [];
  let [at, to] = [from, 0];
  let damage: Damage | undefined;
  for (; at < file.length; at++) {
    const byte = file[at]!;
    if (byte !== 0xff) {
      bytes[to++] = byte;
      continue;
    }
    const mark = file[at + 1];
    if (mark === 0) bytes[to++] = byte;
    else if (mark === 0xff) continue;
    else if (mark === undefined || mark < 0xd0 || mark > 0xd7) break;
    else {
      if ((mark & 7) !== (ends.length & 7)) damage ??= {at, what: `restart mark FF ${hex(mark)} out of turn`};
      ends.push(to);
    }
    at++;
  }
  ends.push(to);
  return {bytes: bytes.subarray(0, to + PADDING), ends, next: at, ...(damage && {damage})};
}

/** Offset in the file of a byte of the data without stuffing. */
function placeIn(file: Buffer, from: number, offset: number): number {
  let [at, left] = [from, offset];
  while (at < file.length && left > 0) {
    if (file[at] !== 0xff) left--;
    else if (file[at + 1] === 0xff) left += 0;
    else {
      if (file[at + 1] === 0) left--;
      at++;
    }
    at++;
  }
  return Math.min(at, file.length);
}

/** Checks the blocks of a scan; `undefined` if all codes are valid. */
type Block = (bits: Bits, part: number, index: number) => string | undefined;

/** Blocks of a baseline scan: a difference of the mean, then the coefficients. */
function baselineBlocks({parts, dcSteps}: ScanHead, frame: Frame): {block: Block; restart: () => void} {
  const means = parts.map(() => 0);
  const steps = parts.map(({component}) => dcSteps[frame.components.indexOf(component)] ?? 0);
  const block: Block = (bits, part) => {
    const {dc, ac} = parts[part]!;
    if (!dc || !ac) return 'a scan without its Huffman tables';
    const size = bits.symbol(dc);
    if (size < 0 || size > 11) return 'bits that are no code';
    means[part]! += bits.difference(size);
    if (Math.abs(means[part]! * steps[part]!) > LARGEST_DC)
      return 'a block brighter than white or darker than black';
    return bits.skipBlock(ac) ? undefined : 'bits that are no code';
  };
  return {block, restart: () => void means.fill(0)};
}

/** What is wrong after the last unit, if anything. */
function endFault(bits: Bits, end: number): string | undefined {
  const left = end - Math.ceil(bits.at / 8);
  if (left < 0) return 'the compressed pixels end early';
  const rest = bits.data.subarray(end - left, end);
  const isPadding = left <= SPARE && rest.every(byte => byte === 0 || byte === 0xff);
  return isPadding ? undefined : `${left} bytes more than the pixels need`;
}

/** Checks all units of a scan, between restart markers. */
function walk(
  scan: ScanHead,
  frame: Frame,
  {bytes, ends}: ScanData,
  {block, restart}: {block: Block; restart: () => void},
): {offset: number; what: string} | undefined {
  const {unitColumns, unitRows, grids} = gridsOf(frame);
  const own = scan.parts.map(({component}) => grids[frame.components.indexOf(component)]!);
  const single = own.length === 1;
  const units = single ? own[0]!.columns * own[0]!.rows : unitColumns * unitRows;
  const each = scan.restart || units;
  if (ends.length !== Math.max(1, over(units, each)))
    return {
      offset: ends.at(-1)!,
      what: `${ends.length - 1} restart marks, where ${over(units, each) - 1} are due`,
    };
  const bits = new Bits(bytes);
  for (const [number, end] of ends.entries()) {
    restart();
    bits.at = number === 0 ? 0 : 8 * ends[number - 1]!;
    const last = Math.min(units, (number + 1) * each);
    for (let unit = number * each; unit < last; unit++) {
      const fault = single
        ? block(bits, 0, Math.floor(unit / own[0]!.columns) * own[0]!.stride + (unit % own[0]!.columns))
        : unitFault(bits, own, unit, unitColumns, block);
      if (fault || bits.at > 8 * end)
        return {offset: Math.min(end, bits.at >> 3), what: fault ?? 'the compressed pixels end early'};
    }
    const fault = endFault(bits, end);
    if (fault) return {offset: Math.min(end, bits.at >> 3), what: fault};
  }
  return undefined;
}

function unitFault(bits: Bits, own: readonly Grid[], unit: number, columns: number, block: Block) {
  const [x, y] = [unit % columns, Math.floor(unit / columns)];
  for (let part = 0; part < own.length; part++) {
    const {component, stride} = own[part]!;
    for (let v = 0; v < component.down; v++)
      for (let h = 0; h < component.across; h++) {
        const fault = block(bits, part, (y * component.down + v) * stride + x * component.across + h);
        if (fault) return fault;
      }
  }
  return undefined;
}

/** Checks the scans of one JPEG. */
export class ScanWalker {
  private progressive: ProgressiveBlocks | undefined;

  /** @returns end of the scan's data, and what is wrong with it */
  check(file: Buffer, frame: Frame, scan: ScanHead): {next: number; damage?: Damage} {
    const data = scanData(file, scan.from);
    const {next} = data;
    if (data.damage) return {next, damage: data.damage};
    // Arithmetic codes, other depths and a height that follows later are rare: the decoder checks
    // them.
    if (frame.process > 2 || frame.precision !== 8 || frame.height === 0 || frame.width === 0) return {next};
    const blocks =
      frame.process === 2
        ? (this.progressive ??= new ProgressiveBlocks(frame)).of(scan)
        : baselineBlocks(scan, frame);
    const fault = walk(scan, frame, data, blocks);
    return fault ? {next, damage: {at: placeIn(file, scan.from, fault.offset), what: fault.what}} : {next};
  }
}
