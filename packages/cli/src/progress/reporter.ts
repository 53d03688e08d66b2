import {progressLines, plainLine} from './lines.js';
import type {ProgressView} from './meter.js';

/** Where lines go; `process.stdout` is one. */
export interface LineOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Writes text; signs that steer a terminal are not passed on. */
  write(text: string): unknown;
  /** Writes a sequence that moves the cursor or clears lines. @default as `write` */
  steer?(sequence: string): unknown;
}

/** Moves the cursor or clears lines, where the output is a terminal. */
export const steer = (output: LineOutput, sequence: string) =>
  output.steer ? output.steer(sequence) : output.write(sequence);

/** Shows a run. Messages and progress share the output, so both go through here. */
export interface Reporter {
  /** A line that stays. */
  message(text: string): void;
  /** How far the run is; a terminal redraws it, a file gets a line now and then. */
  progress(view: ProgressView): void;
  /** Ends the redrawing; messages still work. */
  close(): void;
}

/** Milliseconds between redraws of a terminal, and between lines in a file. */
const REDRAW_MS = 100;
const PLAIN_MS = 10_000;

/**
 * Redrawn lines on a terminal, plain lines elsewhere. `now` is in milliseconds, from any moment on:
 * the time of day may jump.
 */
export function createReporter(output: LineOutput, now = () => performance.now()): Reporter {
  const terminal = output.isTTY === true && process.env['TERM'] !== 'dumb';
  return terminal ? new TerminalReporter(output, now) : new PlainReporter(output, now);
}

class PlainReporter implements Reporter {
  private last = -Infinity;
  private unseen: ProgressView | undefined;

  constructor(
    private readonly output: LineOutput,
    private readonly now: () => number,
  ) {}

  message(text: string): void {
    this.output.write(`${text}\n`);
  }

  progress(view: ProgressView): void {
    this.unseen = view;
    if (this.now() - this.last >= PLAIN_MS || view.done === view.steps) this.show(view);
  }

  close(): void {
    if (this.unseen) this.show(this.unseen);
  }

  private show(view: ProgressView): void {
    this.message(plainLine(view));
    this.unseen = undefined;
    this.last = this.now();
  }
}

class TerminalReporter implements Reporter {
  private last = -Infinity;
  private view: ProgressView | undefined;
  /** Lengths of the lines on the screen that belong to the progress. */
  private drawn: number[] = [];

  constructor(
    private readonly output: LineOutput,
    private readonly now: () => number,
  ) {}

  message(text: string): void {
    this.erase();
    this.output.write(`${text}\n`);
    this.redraw();
  }

  progress(view: ProgressView): void {
    this.view = view;
    if (this.now() - this.last < REDRAW_MS && view.done !== view.steps) return;
    this.erase();
    this.redraw();
    this.last = this.now();
  }

  close(): void {
    this.erase();
    this.redraw();
    this.view = undefined;
    this.drawn = [];
  }

  /** Moves up to the first progress line and clears from there. */
  private erase(): void {
    // A terminal that was made narrower since has wrapped them.
    const rows = this.drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / this.columns)), 0);
    if (rows > 0) steer(this.output, `\x1b[${rows}A\r\x1b[J`);
    this.drawn = [];
  }

  private redraw(): void {
    if (!this.view) return;
    // One column is left free: some terminals wrap when the last one is written.
    const lines = progressLines(this.view, this.columns - 1);
    this.output.write(lines.map(line => `${line}\n`).join(''));
    this.drawn = lines.map(line => line.length);
  }

  private get columns(): number {
    return this.output.columns || 80;
  }
}
