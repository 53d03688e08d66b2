/** Reads from an H.264 stream whether each packet is one frame, and the size of frames. */

/** Bits of a parameter set, without emulation prevention bytes. */
class Bits {
  private readonly bytes: number[] = [];
  private at = 0;

  constructor(unit: Uint8Array) {
    for (let i = 0; i < unit.length; i++) {
      if (i > 1 && unit[i] === 3 && unit[i - 1] === 0 && unit[i - 2] === 0) continue;
      this.bytes.push(unit[i]!);
    }
  }

  read(count = 1): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.at++) {
      const byte = this.bytes[this.at >> 3];
      if (byte === undefined) throw new RangeError('The parameter set ends early');
      value = value * 2 + ((byte >> (7 - (this.at & 7))) & 1);
    }
    return value;
  }

  /** Exp-Golomb. */
  number(): number {
    let zeros = 0;
    while (this.read() === 0) zeros++;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  signed(): number {
    const value = this.number();
    return value % 2 ? (value + 1) / 2 : -value / 2;
  }
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128]);

function skipScalingLists(bits: Bits, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (!bits.read()) continue;
    let [last, next] = [8, 8];
    for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next !== 0) next = (last + bits.signed() + 256) % 256;
      last = next === 0 ? last : next;
    }
  }
}

/** Chroma format of a high profile, 0 to 3; skips the fields after it. */
function readHigh(bits: Bits): number {
  const format = bits.number();
  // Separate colour planes use the cropping units of grey pictures.
  const apart = format === 3 && bits.read() === 1;
  bits.number();
  bits.number();
  bits.read();
  if (bits.read()) skipScalingLists(bits, format === 3 ? 12 : 8);
  return apart ? 0 : format;
}

function skipOrder(bits: Bits): void {
  const kind = bits.number();
  if (kind === 0) bits.number();
  if (kind !== 1) return;
  bits.read();
  bits.signed();
  bits.signed();
  for (let left = bits.number(); left > 0; left--) bits.signed();
}

/** Pictures of a stream. */
export interface AvcPictures {
  width: number;
  height: number;
  /** True if each packet holds one frame: no fields, and no gaps in frame numbers. */
  plain: boolean;
}

/** @param unit a sequence parameter set, with its header */
function readParameters(unit: Uint8Array): AvcPictures {
  const bits = new Bits(unit);
  bits.read(8);
  const profile = bits.read(8);
  bits.read(16);
  bits.number();
  const format = HIGH_PROFILES.has(profile) ? readHigh(bits) : 1;
  bits.number();
  skipOrder(bits);
  bits.number();
  const mayHaveGaps = bits.read() === 1;
  const columns = bits.number() + 1;
  const rows = bits.number() + 1;
  const onlyFrames = bits.read();
  if (!onlyFrames) bits.read();
  bits.read();
  const [left, right, top, bottom] = bits.read()
    ? [bits.number(), bits.number(), bits.number(), bits.number()]
    : [0, 0, 0, 0];
  const unitX = format === 1 || format === 2 ? 2 : 1;
  const unitY = (format === 1 ? 2 : 1) * (2 - onlyFrames);
  return {
    width: 16 * columns - unitX * (left + right),
    height: 16 * rows * (2 - onlyFrames) - unitY * (top + bottom),
    plain: onlyFrames === 1 && !mayHaveGaps,
  };
}

/**
 * The only sequence parameter set of a decoder configuration record (avcC); several may mean
 * several sizes.
 */
export function onlyParameters(record: Uint8Array): Uint8Array | undefined {
  if (record.length < 8 || record[0] !== 1 || (record[5]! & 31) !== 1) return undefined;
  return record.subarray(8, 8 + record[6]! * 256 + record[7]!);
}

/** @param unit a sequence parameter set; undefined if it can't be parsed */
export function avcPictures(unit: Uint8Array): AvcPictures | undefined {
  try {
    return readParameters(unit);
  } catch {
    return undefined;
  }
}

/**
 * Units of a packet, with their headers.
 * @param lengthBytes bytes of the length before each
 */
export function unitsOf(packet: Uint8Array, lengthBytes: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = 0; at + lengthBytes < packet.length;) {
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + packet[at + i]!;
    units.push(packet.subarray(at + lengthBytes, at + lengthBytes + length));
    at += lengthBytes + length;
  }
  return units;
}
