/** A file of JSON lines that a run appends to while it lasts. */
import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {messageOf} from '@rife-train/errors';
import {makeFolder} from './folders.js';

/**
 * JSON has no NaN: numbers that are not finite become "NaN", "Infinity" or "-Infinity". For
 * JSON.stringify.
 */
export const jsonNumber = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** Number of a value that {@link jsonNumber} wrote; NaN for anything that is none. */
export const numberOfJson = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : NaN;

/**
 * Bytes of lines that are kept in memory while they cannot be written; beyond it the oldest are
 * lost.
 */
const MOST_WAITING = 16 * 2 ** 20;

/**
 * How a file of a run is opened to be appended to. Never through a link, which a run from somebody
 * else may hold; a pipe without a reader is an error, and does not wait for one.
 */
const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Appends text to a file of a run. @throws what the disk says; also where the file is a link */
export function appendText(file: string, text: string): void {
  const descriptor = openSync(file, APPEND);
  try {
    appendFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Appends lines. Each goes to the operating system at once, so `kill -9` loses none. While the disk
 * is full, lines wait in memory.
 */
export class JsonLines {
  /** Lines that could not be written yet, oldest first. */
  private waiting: Buffer[] = [];
  /** Bytes of the first of them that are in the file: a full disk may take part of a line. */
  private begun = 0;
  private failing = false;
  private descriptor: number;

  /** @param warn called once when lines cannot be written */
  constructor(
    private readonly file: string,
    private readonly warn: (text: string) => void,
  ) {
    this.descriptor = openSync(file, APPEND);
  }

  append(record: Readonly<Record<string, unknown>>): void {
    this.waiting.push(Buffer.from(`${JSON.stringify(record, jsonNumber)}\n`));
    this.writeWaiting();
  }

  /** Flushes to the disk. Returns the length of the whole lines in the file, in bytes. */
  flush(): number {
    this.followFile();
    this.writeWaiting();
    try {
      fsyncSync(this.descriptor);
    } catch {
      // The next write reports a disk that takes nothing.
    }
    return fstatSync(this.descriptor).size - this.begun;
  }

  close(): void {
    this.writeWaiting();
    closeSync(this.descriptor);
  }

  /** Lines in a file that somebody has removed or replaced would be lost. */
  private followFile(): void {
    const own = fstatSync(this.descriptor);
    const there = statSync(this.file, {throwIfNoEntry: false});
    if (there?.ino === own.ino && there.dev === own.dev) return;
    try {
      makeFolder(dirname(this.file));
      const descriptor = openSync(this.file, APPEND);
      closeSync(this.descriptor);
      this.descriptor = descriptor;
      this.begun = 0;
      this.warn(`${this.file} was removed or replaced while the run writes it: earlier lines are missing`);
    } catch (error) {
      this.warn(`${this.file} was removed or replaced, and can't be opened again (${messageOf(error)})`);
    }
  }

  private writeWaiting(): void {
    try {
      for (let line = this.waiting[0]; line; line = this.waiting[0]) {
        while (this.begun < line.length)
          this.begun += writeSync(this.descriptor, line, this.begun, line.length - this.begun);
        this.waiting.shift();
        this.begun = 0;
      }
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.warn(
          `${this.file} cannot be written (${messageOf(error)}): its lines wait in memory until it can`,
        );
      this.failing = true;
      this.dropOldest();
    }
  }

  /** The first line stays when part of it is in the file already. */
  private dropOldest(): void {
    let bytes = this.waiting.reduce((sum, {length}) => sum + length, 0);
    const first = this.begun > 0 ? 1 : 0;
    while (bytes > MOST_WAITING && this.waiting.length > first + 1)
      bytes -= this.waiting.splice(first, 1)[0]!.length;
  }
}
