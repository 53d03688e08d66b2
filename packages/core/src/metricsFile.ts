import {closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync} from 'node:fs';
import path from 'node:path';
import {replaceFile} from './checkpoint/files.js';
import type {StepMetrics} from './contract/index.js';

/** JSON has no NaN; a metric that is not finite is written as the string "NaN", "Infinity" or "-Infinity". */
const jsonNumber = (_key: string, value: unknown) =>
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

/** Drops what a resumed run will write again, and a torn last line. */
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

/** `metrics.jsonl`: one line per step. Lines are handed to the operating system at once, so `kill -9` loses none. */
export class MetricsFile {
  private constructor(private readonly descriptor: number) {}

  /**
   * @param out the run's folder
   * @param step first step that will be written; 0 begins a new file and keeps an old one under another name
   */
  static async open(out: string, step: number): Promise<MetricsFile> {
    mkdirSync(out, {recursive: true});
    const file = path.join(out, 'metrics.jsonl');
    if (existsSync(file)) await (step === 0 ? setAside(file) : dropFrom(file, step));
    return new MetricsFile(openSync(file, 'a'));
  }

  write(metrics: StepMetrics): void {
    this.append(metricsRecord(metrics));
  }

  writeEvent(record: Readonly<Record<string, unknown>>): void {
    this.append(record);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private append(record: Readonly<Record<string, unknown>>): void {
    writeSync(this.descriptor, `${JSON.stringify(record, jsonNumber)}\n`);
  }
}
