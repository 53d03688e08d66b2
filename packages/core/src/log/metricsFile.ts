import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import {messageOf} from '@rife-train/errors';
import {replaceFile} from '../checkpoint/files.js';
import type {StepMetrics} from '../contract/index.js';

/** JSON has no NaN; a metric that is not finite is written as the string "NaN", "Infinity" or "-Infinity". For JSON.stringify. */
export const jsonNumber = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** The record of a step in metrics.jsonl. Names of samples are kept only where the step was not applied. */
export function metricsRecord(metrics: StepMetrics): Record<string, unknown> {
  const {progress, policy, perSample, samples, ...rest} = metrics;
  return {
    step: progress.step,
    ...rest,
    gaps: [policy.minGap, policy.maxGap],
    perSample: perSample.map(({gap, timestep, loss}) => [gap, timestep, loss]),
    ...(metrics.updated ? {} : {samples}),
  };
}

const stepOf = (line: string): number | undefined => {
  try {
    const {step} = JSON.parse(line) as {step?: unknown};
    return typeof step === 'number' ? step : undefined;
  } catch {
    return undefined; // the torn last line of a killed run
  }
};

/** Drops what a resumed run will write again, and a torn last line: of a checkpoint that does not know the length. */
async function dropFrom(file: string, step: number): Promise<void> {
  const lines = readFileSync(file, 'utf8').split('\n');
  const kept = lines.filter(line => (stepOf(line) ?? step) < step);
  await replaceFile(file, kept.map(line => `${line}\n`).join(''));
}

/** Moves the metrics of an earlier run in the same folder out of the way. */
function setAside(file: string): void {
  let n = 1;
  while (existsSync(file.replace(/jsonl$/, `${n}.jsonl`))) n += 1;
  renameSync(file, file.replace(/jsonl$/, `${n}.jsonl`));
}

/** Where a run goes on. */
export interface MetricsPlace {
  /** First step that will be written; 0 begins a new file and keeps an old one under another name. */
  step: number;
  /** Length of the file at that moment. */
  bytes?: number | undefined;
}

/** Cut by length: behind a rollback step numbers occur again, and events have none. */
async function cutOff(
  file: string,
  {step, bytes}: MetricsPlace,
  warn: (text: string) => void,
): Promise<void> {
  if (step === 0) return setAside(file);
  if (bytes === undefined) return dropFrom(file, step);
  const {size} = statSync(file);
  if (size >= bytes) return truncateSync(file, bytes);
  warn(
    `${file} has ${size} bytes, ${bytes} when the checkpoint was written: lines of steps before ${step} are missing`,
  );
  return dropFrom(file, step);
}

/** Bytes of lines that are kept in memory while they can't be written; beyond it the oldest are lost. */
const MOST_WAITING = 16 * 2 ** 20;

/** `metrics.jsonl`: one line per step or event. Lines are handed to the operating system at once, so `kill -9` loses none. */
export class MetricsFile {
  /** Lines that could not be written yet, oldest first. */
  private waiting: Buffer[] = [];
  /** Bytes of the first of them that are in the file: a disk that is full may take a part of a line. */
  private begun = 0;
  private failing = false;

  private constructor(
    private readonly descriptor: number,
    private readonly file: string,
    private readonly warn: (text: string) => void,
  ) {}

  /**
   * @param out the run's folder
   * @param warn told of a file that is too short, and of lines that can't be written
   */
  static async open(out: string, place: MetricsPlace, warn: (text: string) => void): Promise<MetricsFile> {
    mkdirSync(out, {recursive: true});
    const file = path.join(out, 'metrics.jsonl');
    if (existsSync(file)) await cutOff(file, place, warn);
    else if ((place.bytes ?? 0) > 0) warn(`${file} is gone: lines of steps before ${place.step} are missing`);
    return new MetricsFile(openSync(file, 'a'), file, warn);
  }

  write(metrics: StepMetrics): void {
    this.append(metricsRecord(metrics));
  }

  writeEvent(record: Readonly<Record<string, unknown>>): void {
    this.append(record);
  }

  /** Lets the lines reach the disk; returns the length of those in the file that are whole: where a resumed run cuts it off. */
  flush(): number {
    this.writeWaiting();
    try {
      fsyncSync(this.descriptor);
    } catch {
      // A disk that does not take it is told of by the next write.
    }
    return fstatSync(this.descriptor).size - this.begun;
  }

  close(): void {
    this.writeWaiting();
    closeSync(this.descriptor);
  }

  private append(record: Readonly<Record<string, unknown>>): void {
    this.waiting.push(Buffer.from(`${JSON.stringify(record, jsonNumber)}\n`));
    this.writeWaiting();
  }

  /** A disk that is full must not end a run: it is told once, and tried again with the next line. */
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

  /** The first line stays where a part of it is in the file already. */
  private dropOldest(): void {
    let bytes = this.waiting.reduce((sum, {length}) => sum + length, 0);
    const first = this.begun > 0 ? 1 : 0;
    while (bytes > MOST_WAITING && this.waiting.length > first + 1)
      bytes -= this.waiting.splice(first, 1)[0]!.length;
  }
}
