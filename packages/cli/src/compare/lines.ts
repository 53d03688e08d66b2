/** Lines of a file that may be larger than memory, and that a run may be appending to. */
import {openRegular} from '@rife-train/files';

/** A longer line is no line of a run; it is not kept, whatever the file is. */
const MOST_BYTES = 4 * 2 ** 20;
const PART = 2 ** 20;

export interface Line {
  /** From 1. */
  number: number;
  /** Without its end; undefined where it is too long to be kept. */
  bytes: Buffer | undefined;
  /** Is there no end of a line after it? A run that was killed, or writes just now, leaves one. */
  torn: boolean;
}

/** A line that grows part by part. */
class Pending {
  private parts: Buffer[] = [];
  private length = 0;
  private number = 1;

  add(part: Buffer): void {
    this.length += part.length;
    if (this.length > MOST_BYTES) this.parts = [];
    else this.parts.push(Buffer.from(part));
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Ends the line with its last part. */
  end(last: Buffer, torn = false): Line {
    const length = this.length + last.length;
    const bytes =
      length > MOST_BYTES ? undefined : this.length === 0 ? last : Buffer.concat([...this.parts, last]);
    this.parts = [];
    this.length = 0;
    return {number: this.number++, bytes, torn};
  }
}

/**
 * Calls `take` for each line, in order. A line's bytes are valid only during the call.
 *
 * @param most bytes of the file that are read; the rest, written since, is ignored
 * @returns bytes that were read
 * @throws Error of the operating system, or of a file that is none
 */
export async function eachLine(file: string, take: (line: Line) => void, most = Infinity): Promise<number> {
  const handle = await openRegular(file);
  try {
    const pending = new Pending();
    const buffer = Buffer.allocUnsafe(PART);
    let position = 0;
    for (;;) {
      const {bytesRead} = await handle.read(buffer, 0, Math.min(PART, most - position), position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const part = buffer.subarray(0, bytesRead);
      let from = 0;
      for (let to = part.indexOf(0x0a); to >= 0; to = part.indexOf(0x0a, from)) {
        take(pending.end(part.subarray(from, to)));
        from = to + 1;
      }
      pending.add(part.subarray(from));
    }
    if (!pending.isEmpty) take(pending.end(Buffer.alloc(0), true));
    return position;
  } finally {
    await handle.close();
  }
}

/** An object in a line; undefined where there is none. */
export function objectIn({bytes}: Line): Record<string, unknown> | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Is it an object, and no array? */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Is it the number of a step? */
export const isStep = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
