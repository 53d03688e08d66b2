import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {JsonLines, replaceFile} from '@rife-train/files';
import type {StepMetrics} from '../contract/index.js';

/**
 * The record of a step in metrics.jsonl. Names of samples are kept only where the step was not
 * applied.
 */
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

async function* linesBefore(file: string, step: number): AsyncGenerator<Uint8Array> {
  for await (const line of createInterface({input: createReadStream(file), crlfDelay: Infinity}))
    if ((stepOf(line) ?? step) < step) yield Buffer.from(`${line}\n`);
}

/**
 * Drops what a resumed run will write again, and a torn last line: of a checkpoint that does not
 * know the length. The file may be larger than memory.
 */
const dropFrom = (file: string, step: number) => replaceFile(file, linesBefore(file, step));

/** Bytes that are looked at, at a time, for the end of a line. */
const PART = 2 ** 16;

/** Length of the whole lines among the first `length` bytes. */
function wholeLines(descriptor: number, length: number): number {
  const part = Buffer.alloc(PART);
  for (let end = length; end > 0; end -= PART) {
    const from = Math.max(0, end - PART);
    const read = readSync(descriptor, part, 0, end - from, from);
    const last = part.subarray(0, read).lastIndexOf(0x0a);
    if (last >= 0) return from + last + 1;
  }
  return 0;
}

/** Truncates to `bytes`, or to the last whole line before. Returns the length before. */
function truncateTo(file: string, bytes: number): number {
  const descriptor = openSync(file, 'r+');
  try {
    const {size} = fstatSync(descriptor);
    ftruncateSync(descriptor, wholeLines(descriptor, Math.min(size, bytes)));
    return size;
  } finally {
    closeSync(descriptor);
  }
}

/** Moves the metrics of an earlier run in the same folder out of the way. */
function setAside(file: string): string {
  let n = 1;
  while (existsSync(file.replace(/jsonl$/, `${n}.jsonl`))) n += 1;
  const aside = file.replace(/jsonl$/, `${n}.jsonl`);
  renameSync(file, aside);
  return aside;
}

/** Where a resumed run continues. */
export interface MetricsPlace {
  /**
   * First step that will be written; 0 begins a new file and keeps an old one under another name,
   * unless the length is known.
   */
  step: number;
  /** Length of the file at that moment. */
  bytes?: number | undefined;
}

/** Truncated by length: after a rollback step numbers occur again, and events have none. */
async function cutOff(
  file: string,
  {step, bytes}: MetricsPlace,
  warn: (text: string) => void,
): Promise<void> {
  // A run from somebody else may have a link there: truncated, another file would be lost.
  if (!lstatSync(file).isFile())
    return warn(`${file} is no regular file. It is ${setAside(file)} now, and a new one is begun`);
  if (bytes === undefined) return step === 0 ? void setAside(file) : dropFrom(file, step);
  const size = truncateTo(file, bytes);
  if (size < bytes)
    warn(
      `${file} has ${size} bytes, ${bytes} when the checkpoint was written: lines of steps before ${step} are missing`,
    );
}

/** `metrics.jsonl`: one line per step or event. */
export class MetricsFile {
  private constructor(private readonly lines: JsonLines) {}

  /**
   * @param out the run's folder
   * @param warn reports a file that is too short, and lines that cannot be written
   */
  static async open(out: string, place: MetricsPlace, warn: (text: string) => void): Promise<MetricsFile> {
    mkdirSync(out, {recursive: true});
    const file = path.join(out, 'metrics.jsonl');
    if (lstatSync(file, {throwIfNoEntry: false})) await cutOff(file, place, warn);
    else if ((place.bytes ?? 0) > 0) warn(`${file} is gone: lines of steps before ${place.step} are missing`);
    return new MetricsFile(new JsonLines(file, warn));
  }

  write(metrics: StepMetrics): void {
    this.lines.append(metricsRecord(metrics));
  }

  writeEvent(record: Readonly<Record<string, unknown>>): void {
    this.lines.append(record);
  }

  /**
   * Flushes to the disk. Returns the length of the whole lines in the file: where a resumed run
   * cuts it.
   */
  flush(): number {
    return this.lines.flush();
  }

  close(): void {
    this.lines.close();
  }
}
