import type {StepMetrics} from '../contract/index.js';
import {MetricsFile, metricsRecord} from './metricsFile.js';

export type LogLevel = 'info' | 'warn';

/** Where the lines of a run go. The CLI draws a progress bar with its own. */
export interface LogSink {
  line(text: string, level: LogLevel): void;
  /** Each step, skipped ones too. */
  step?(metrics: StepMetrics): void;
}

const number = (value: number) => (Number.isFinite(value) ? value.toPrecision(4) : String(value));

/** Why a step was not applied. */
function refusal({updated, loss, gradNorm, verdict}: StepMetrics): string[] {
  if (updated) return [];
  const isFinite = Number.isFinite(loss) && Number.isFinite(gradNorm);
  return [isFinite ? `REFUSED (${verdict}), no update` : 'NOT FINITE, no update'];
}

/**
 * One line about a step: `step 12/500  loss 0.1234  reconstruction 0.1  ...  lr 3.000e-4  gap 1-4
 * 7.9 images/s`.
 */
export function formatStep(metrics: StepMetrics): string {
  const {progress, policy} = metrics;
  const terms = Object.entries(metrics.terms).map(([name, value]) => `${name} ${number(value)}`);
  return [
    `step ${progress.step + 1}/${progress.steps}`,
    `loss ${number(metrics.loss)}`,
    ...terms,
    `lr ${metrics.learningRate.toExponential(3)}`,
    policy.minGap === policy.maxGap ? `gap ${policy.minGap}` : `gap ${policy.minGap}-${policy.maxGap}`,
    `${((1000 * metrics.perSample.length) / Math.max(metrics.stepMs, 1e-3)).toFixed(1)} images/s`,
    ...refusal(metrics),
  ].join('  ');
}

/**
 * Plain lines: messages, each `every`-th step, the last one, and every step that was not applied.
 * @param write takes one line without its end; standard output by default
 */
export function plainSink(every = 10, write: (line: string) => void = line => console.log(line)): LogSink {
  const isDue = ({progress, updated}: StepMetrics) =>
    !updated || (progress.step + 1) % every === 0 || progress.step + 1 === progress.steps;
  return {
    line: (text, level) => write(level === 'warn' ? `warning: ${text}` : text),
    step: metrics => isDue(metrics) && write(formatStep(metrics)),
  };
}

/** Steps whose metrics a flight record holds. */
const RECENT = 200;

/** The one logger of a run: lines to the sink, steps to the sink and to metrics.jsonl. */
export class Logger {
  private metrics: MetricsFile | undefined;
  private readonly latest: Record<string, unknown>[] = [];

  constructor(private readonly sink: LogSink = plainSink()) {}

  info(text: string): void {
    this.sink.line(text, 'info');
  }

  warn(text: string): void {
    this.sink.line(text, 'warn');
  }

  /** A line of a plugin. */
  plugin(name: string, text: string): void {
    this.sink.line(`[${name}] ${text}`, 'info');
  }

  /**
   * Opens metrics.jsonl in `out`, truncated where a resumed run continues: at `bytes`, or, where
   * these are not known, at the lines of `step`.
   */
  async open(out: string, step: number, bytes?: number): Promise<void> {
    this.metrics = await MetricsFile.open(out, {step, bytes}, text => this.warn(text));
  }

  /** Is this the one of several replicas that writes metrics.jsonl? */
  get isOpen(): boolean {
    return this.metrics !== undefined;
  }

  /** Flushes metrics.jsonl to the disk. Returns its length; 0 where there is none. */
  flush(): number {
    return this.metrics?.flush() ?? 0;
  }

  /**
   * A line of metrics.jsonl that holds no metrics of a step: a decision, or another measurement.
   */
  event(record: Readonly<Record<string, unknown>> & {event: string}): void {
    this.metrics?.writeEvent(record);
  }

  /** Records of the last steps of this process, oldest first. */
  get recent(): readonly Record<string, unknown>[] {
    return this.latest;
  }

  step(metrics: StepMetrics): void {
    this.latest.push(metricsRecord(metrics));
    if (this.latest.length > RECENT) this.latest.shift();
    this.metrics?.write(metrics);
    this.sink.step?.(metrics);
  }

  close(): void {
    this.metrics?.close();
    this.metrics = undefined;
  }
}
