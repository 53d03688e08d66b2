import {existsSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync} from 'node:fs';
import path from 'node:path';
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

/**
 * Drops what a resumed run will write again, and a torn last line: of a checkpoint that does not
 * know the length.
 */
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

/** Where a resumed run continues. */
export interface MetricsPlace {
  /**
   * First step that will be written; 0 begins a new file and keeps an old one under another name.
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
  if (step === 0) return setAside(file);
  if (bytes === undefined) return dropFrom(file, step);
  const {size} = statSync(file);
  if (size >= bytes) return truncateSync(file, bytes);
  warn(
    `${file} has ${size} bytes, ${bytes} when the checkpoint was written: lines of steps before ${step} are missing`,
  );
  return dropFrom(file, step);
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
    if (existsSync(file)) await cutOff(file, place, warn);
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
