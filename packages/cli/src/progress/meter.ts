import type {StepMetrics} from '@rife-train/core';
import type {Validated} from '../validate/validator.js';
import type {EarlierLosses} from './earlier.js';
import {type LossTrend, lossTrend, mean} from './trend.js';

/** Everything that a progress line can show. */
export interface ProgressView {
  /** Steps done, and in the whole run. */
  done: number;
  steps: number;
  /**
   * Means over the last steps whose numbers are finite: those of one step jump with its clips and
   * gaps.
   */
  loss: number;
  terms: Record<string, number>;
  learningRate: number;
  minGap: number;
  maxGap: number;
  /** Over the last steps; NaN, as the time left, until there are two. */
  imagesPerSecond: number;
  etaMs: number;
  /** Steps of this process whose update did not happen. */
  skipped: number;
  /** Absent until there was a validation. */
  validated?: Validated;
}

const WINDOW = 20;

const meanOfFinite = (values: readonly number[]) => mean(values.filter(Number.isFinite));

/**
 * Accumulates the metrics of steps. The trend is that of the whole run, the speed that of this
 * process.
 */
export class ProgressMeter {
  private readonly first: StepMetrics['perSample'][] = [];
  private readonly last: StepMetrics['perSample'][] = [];
  private readonly recent: Pick<StepMetrics, 'loss' | 'terms'>[] = [];
  private readonly timed: {ms: number; images: number}[] = [];
  private skipped = 0;
  private validated: Validated | undefined;
  private steps = 0;
  /** Steps of earlier processes. */
  private before = 0;
  /** Of all steps but the first, which waits for the first batches in any case. */
  private readonly spent = {ms: 0, waitingMs: 0};

  /** Number of steps at the start and at the end that are compared. */
  readonly window = WINDOW;

  /** Adds the steps of earlier processes of a run that is resumed. */
  resume({first, last, steps}: EarlierLosses): void {
    this.before = steps;
    this.first.push(...first);
    this.last.push(...last);
  }

  /** Adds a step and returns the progress to show. */
  add(metrics: StepMetrics): ProgressView {
    this.steps++;
    if (!metrics.updated) this.skipped++;
    else if (this.first.length < WINDOW) this.first.push(metrics.perSample);
    this.last.push(metrics.perSample);
    if (this.last.length > WINDOW) this.last.shift();
    this.recent.push({loss: metrics.loss, terms: metrics.terms});
    if (this.recent.length > WINDOW) this.recent.shift();
    // The first step of a process warms up caches and thread pools, and is no measure of speed.
    if (this.steps > 1) {
      this.timed.push({ms: metrics.stepMs, images: metrics.samples.length});
      this.spent.ms += metrics.stepMs;
      this.spent.waitingMs += metrics.dataMs;
    }
    if (this.timed.length > WINDOW) this.timed.shift();
    return this.view(metrics);
  }

  /** Adds a validation. */
  score(validated: Validated | undefined): void {
    if (validated) this.validated = validated;
  }

  /** Undefined while first and last steps would overlap: then a comparison means nothing. */
  trend(): LossTrend | undefined {
    return this.steps + this.before < 2 * WINDOW ? undefined : lossTrend(this.first, this.last);
  }

  /** Share of the time that steps waited for data; undefined until there are two. */
  get waitShare(): number | undefined {
    return this.spent.ms > 0 ? this.spent.waitingMs / this.spent.ms : undefined;
  }

  private view({progress, terms, learningRate, policy}: StepMetrics): ProgressView {
    const ms = mean(this.timed.map(step => step.ms));
    const images = mean(this.timed.map(step => step.images));
    const done = progress.step + 1;
    return {
      done,
      steps: progress.steps,
      loss: meanOfFinite(this.recent.map(({loss}) => loss)),
      terms: Object.fromEntries(
        Object.keys(terms).map(name => [
          name,
          meanOfFinite(this.recent.map(step => step.terms[name] ?? NaN)),
        ]),
      ),
      learningRate,
      minGap: policy.minGap,
      maxGap: policy.maxGap,
      imagesPerSecond: (1000 * images) / ms,
      etaMs: (progress.steps - done) * ms,
      skipped: this.skipped,
      ...(this.validated && {validated: this.validated}),
    };
  }
}
