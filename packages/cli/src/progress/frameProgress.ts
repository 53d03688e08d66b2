/** Shows how far a command is that makes frames. */
import {bar, duration, figure, fit} from './format.js';
import type {LineOutput} from './reporter.js';

const REDRAW_MS = 200;
const PLAIN_MS = 10_000;
const BAR = 24;

/** Frames per second, remaining time, and the share of time that the network waited. */
export class FrameProgress {
  private readonly startMs = performance.now();
  private lastMs = -Infinity;
  private done = 0;
  private isDrawn = false;
  private readonly waits = {input: 0, output: 0};
  private readonly terminal: boolean;

  /** @param total frames of the result, as far as known */
  constructor(
    private readonly output: LineOutput,
    private readonly total: number,
    /** Frames of an earlier process. */
    private readonly before: number,
  ) {
    this.terminal = output.isTTY === true && process.env['TERM'] !== 'dumb';
  }

  /** Counts the milliseconds that frames, or what takes the made ones, are waited for. */
  async waitFor<T>(what: 'input' | 'output', promise: Promise<T>): Promise<T> {
    const fromMs = performance.now();
    try {
      return await promise;
    } finally {
      this.waits[what] += performance.now() - fromMs;
    }
  }

  /** A frame more. */
  add(): void {
    this.done++;
    const nowMs = performance.now();
    if (nowMs - this.lastMs < (this.terminal ? REDRAW_MS : PLAIN_MS)) return;
    this.lastMs = nowMs;
    this.show(this.line());
  }

  /** A line that stays. */
  message(text: string): void {
    this.erase();
    this.output.write(`${text}\n`);
  }

  private erase(): void {
    if (this.isDrawn) this.output.write('\r\x1b[K');
    this.isDrawn = false;
  }

  private show(line: string): void {
    if (!this.terminal) return void this.output.write(`${line}\n`);
    this.erase();
    this.output.write(fit([line], (this.output.columns ?? 80) - 1));
    this.isDrawn = true;
  }

  /** Frames per second of this process. */
  get speed(): number {
    return (1000 * this.done) / (performance.now() - this.startMs);
  }

  /** Shares (0..1) of the time. */
  get waited(): {input: number; output: number} {
    const ms = performance.now() - this.startMs;
    return {input: this.waits.input / ms, output: this.waits.output / ms};
  }

  private line(): string {
    const at = this.before + this.done;
    const share = Math.min(1, at / Math.max(1, this.total));
    const left = Math.max(0, this.total - at);
    const {input, output} = this.waited;
    return [
      ...(this.terminal ? [bar(share, BAR)] : []),
      `frame ${at}/${Math.max(at, this.total)}`,
      `${Math.floor(100 * share)}%`,
      `${figure(this.speed)} frames/s`,
      `ETA ${duration((1000 * left) / this.speed)}`,
      `waited ${Math.round(100 * (input + output))}%`,
    ].join('  ');
  }
}
