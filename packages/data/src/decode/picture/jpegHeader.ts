/**
 * The segments of a JPEG: size, tables, orientation, and the position of each scan's compressed
 * data.
 */
import type {Damage} from './damage.js';
import {huffmanTable, type HuffmanTable} from './huffman.js';
import {exifOrientation, type Orientation} from './orientation.js';

export interface Component {
  id: number;
  across: number;
  down: number;
  /** Index of its quantisation table. */
  steps: number;
}

export interface Frame {
  /** Of the marker: 0 baseline, 1 extended, 2 progressive; others are rare. */
  process: number;
  precision: number;
  height: number;
  width: number;
  components: Component[];
}

/** One scan and its tables. */
export interface ScanHead {
  parts: {component: Component; dc: HuffmanTable | undefined; ac: HuffmanTable | undefined}[];
  /** First and last coefficient; bits of earlier scans, and of this one. */
  first: number;
  last: number;
  high: number;
  low: number;
  /** Units between restart markers; 0: none. */
  restart: number;
  /** First quantisation step of each component of the frame, where it is known. */
  dcSteps: readonly (number | undefined)[];
  /** First byte of the compressed data. */
  from: number;
}

const SOS = 0xda;
const EOI = 0xd9;
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Markers without a segment. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
/** Markers that never occur in a valid JPEG. */
const isUnknown = (marker: number) => marker === 0 || (marker > 0x01 && marker < 0xc0) || marker === 0xd8;

/** Blocks of a component: in each unit of an interleaved scan, or one each of a scan of its own. */
export interface Grid {
  component: Component;
  /** Columns and rows of blocks that hold pixels, and that are stored. */
  columns: number;
  rows: number;
  stride: number;
}

export const over = (a: number, b: number) => Math.ceil(a / b);

/** Units of a scan in a row and a column, and the blocks of its components. */
export function gridsOf({width, height, components}: Frame) {
  const across = Math.max(...components.map(one => one.across));
  const down = Math.max(...components.map(one => one.down));
  const [unitColumns, unitRows] = [over(width, 8 * across), over(height, 8 * down)];
  const grids = components.map(component => ({
    component,
    columns: over(over(width * component.across, across), 8),
    rows: over(over(height * component.down, down), 8),
    stride: unitColumns * component.across,
    height: unitRows * component.down,
  }));
  return {unitColumns, unitRows, grids};
}

/** Reads a JPEG from mark to mark. Stops at the first damage. */
export class JpegReader {
  frame: Frame | undefined;
  orientation: Orientation = 1;
  private readonly dc = new Map<number, HuffmanTable>();
  private readonly ac = new Map<number, HuffmanTable>();
  private readonly firstSteps = new Map<number, number>();
  private restart = 0;
  private hasExif = false;
  private hasPixels = false;
  private at = 2;

  constructor(readonly file: Buffer) {}

  /** Continues after a scan's data. */
  goTo(at: number): void {
    this.at = at;
  }

  /**
   * Reads segments up to the next scan or the end.
   * @returns the scan, `end`, or what is wrong
   */
  next(): ScanHead | 'end' | Damage {
    for (;;) {
      const at = this.at;
      const marker = this.marker();
      if (typeof marker !== 'number') return marker;
      if (marker === EOI) return 'end';
      if (isBare(marker)) continue;
      const body = isUnknown(marker) ? undefined : this.body();
      if (!body) return {at, what: `no segment of a JPEG: mark FF ${hex(marker)}`};
      const fault = this.segment(marker, body);
      if (fault) return {at, what: fault};
      if (marker === SOS) return this.scan(body) ?? {at, what: 'a scan of components that there are none of'};
    }
  }

  private marker(): number | Damage {
    const {file} = this;
    let at = this.at;
    if (at >= file.length) return {at, what: 'the file ends without the end mark of a JPEG (FF D9)'};
    if (file[at] !== 0xff) return {at, what: 'bytes that belong to nothing, where a mark is due'};
    while (file[at] === 0xff) at++;
    this.at = at + 1;
    if (at >= file.length) return {at, what: 'the file ends without the end mark of a JPEG (FF D9)'};
    return file[at]!;
  }

  /** The segment's bytes; undefined if the segment ends after the file. */
  private body(): Buffer | undefined {
    const at = this.at;
    if (at + 2 > this.file.length) return undefined;
    const end = at + this.file.readUInt16BE(at);
    if (end < at + 2 || end > this.file.length) return undefined;
    this.at = end;
    return this.file.subarray(at + 2, end);
  }

  private segment(marker: number, body: Buffer): string | undefined {
    if (marker === 0xc4) return this.huffman(body) ? undefined : 'a spoiled Huffman table';
    if (marker === 0xdb) return this.quantisation(body) ? undefined : 'a spoiled quantisation table';
    if (marker === 0xdd) this.restart = body.length >= 2 ? body.readUInt16BE(0) : 0;
    if (marker === 0xe1) this.exif(body);
    return isFrame(marker) && !this.readFrame(marker & 15, body) ? 'a spoiled header' : undefined;
  }

  /** As in OpenCV, the first EXIF block before the pixels counts. */
  private exif(body: Buffer): void {
    if (this.hasExif || this.hasPixels || body.toString('latin1', 0, 4) !== 'Exif') return;
    this.hasExif = true;
    this.orientation = exifOrientation(body.subarray(6)) ?? 1;
  }

  private readFrame(process: number, body: Buffer): boolean {
    const count = body[5] ?? 0;
    if (body.length < 6 + 3 * count || count === 0) return false;
    const components = Array.from({length: count}, (_, i) => {
      const at = 6 + 3 * i;
      return {id: body[at]!, across: body[at + 1]! >> 4, down: body[at + 1]! & 15, steps: body[at + 2]!};
    });
    this.frame = {
      ...{process, precision: body[0]!, components},
      ...{height: body.readUInt16BE(1), width: body.readUInt16BE(3)},
    };
    return components.every(({across, down}) => across >= 1 && across <= 4 && down >= 1 && down <= 4);
  }

  private huffman(body: Buffer): boolean {
    for (let at = 0; at < body.length;) {
      const counts = body.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (counts.length < 16 || at + 17 + total > body.length) return false;
      const table = huffmanTable(counts, body.subarray(at + 17, at + 17 + total));
      if (!table) return false;
      (body[at]! >> 4 ? this.ac : this.dc).set(body[at]! & 15, table);
      at += 17 + total;
    }
    return true;
  }

  private quantisation(body: Buffer): boolean {
    for (let at = 0; at < body.length;) {
      const wide = body[at]! >> 4 > 0;
      const next = at + 1 + (wide ? 128 : 64);
      if (next > body.length) return false;
      this.firstSteps.set(body[at]! & 15, wide ? body.readUInt16BE(at + 1) : body[at + 1]!);
      at = next;
    }
    return true;
  }

  private scan(body: Buffer): ScanHead | undefined {
    const {frame} = this;
    this.hasPixels = true;
    const count = body[0] ?? 0;
    if (!frame || count === 0 || body.length < 4 + 2 * count) return undefined;
    const parts = Array.from({length: count}, (_, i) => {
      const [id, tables] = [body[1 + 2 * i]!, body[2 + 2 * i]!];
      const component = frame.components.find(one => one.id === id);
      return component && {component, dc: this.dc.get(tables >> 4), ac: this.ac.get(tables & 15)};
    });
    if (parts.includes(undefined)) return undefined;
    const [first, last, bits] = body.subarray(1 + 2 * count);
    return {
      parts: parts as ScanHead['parts'],
      ...{first: first!, last: last!, high: bits! >> 4, low: bits! & 15},
      restart: this.restart,
      dcSteps: frame.components.map(({steps}) => this.firstSteps.get(steps)),
      from: this.at,
    };
  }
}

export const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0');
