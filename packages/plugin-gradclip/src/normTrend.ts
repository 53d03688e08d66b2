/** ZClip (Kumar et al. 2025): a norm that stands out of the moving mean by too many deviations is brought back. */
import * as tf from '@tensorflow/tfjs-core';
import type {DeclareScalar, NormStatistic} from './statistic.js';

/** Keeps a norm that never moved from dividing by 0. */
const EPSILON = 1e-6;

/** How a {@link NormTrend} moves and bounds. */
export interface TrendOptions {
  /** Share of the old mean and variance that a step keeps; in (0,1). */
  decay: number;
  /** Deviations above the mean from which on a norm is an outlier. */
  threshold: number;
  /**
   * What an outlier is brought down to: `reciprocal`, mean + threshold^2 / z deviations, the lower the further out it is; `mean`;
   * `threshold`, mean + threshold deviations.
   */
  target: 'reciprocal' | 'mean' | 'threshold';
  /** Norms that the first mean and variance are taken of. */
  warmupSteps: number;
}

/** Moving mean and variance of the norms. */
interface Moments {
  count: number;
  mean: number;
  /** Variance; while `count` is below the warm-up, the sum of squared distances to the mean. */
  spread: number;
}
const NOTHING: Moments = {count: 0, mean: 0, spread: 0};

export class NormTrend implements NormStatistic {
  private moments: Moments = NOTHING;

  constructor(private readonly options: TrendOptions) {}

  /** An outlier counts as what it is brought down to, so that one does not move the bar for the next. */
  add(norm: number): void {
    const {count} = this.moments;
    const {warmupSteps} = this.options;
    this.moments = count < warmupSteps ? this.collected(norm) : this.moved(this.target(norm) ?? norm);
    if (count + 1 === warmupSteps) this.moments.spread /= warmupSteps;
  }

  bound(norm: tf.Scalar, declare: DeclareScalar): tf.Scalar {
    const {threshold, target} = this.options;
    const mean = declare('mean', this.readMean);
    const deviation = declare('deviation', this.readDeviation);
    const z = tf.div<tf.Scalar>(tf.sub(norm, mean), tf.add(deviation, EPSILON));
    const steps = {
      mean: () => tf.zerosLike(z),
      threshold: () => tf.fill([], threshold),
      reciprocal: () => tf.div<tf.Scalar>(threshold ** 2, z),
    };
    const lowered = tf.add<tf.Scalar>(mean, tf.mul(steps[target](), deviation));
    return tf.where(tf.greater(z, threshold), lowered, tf.scalar(Infinity));
  }

  save(): Moments {
    return {...this.moments};
  }

  load(saved: unknown): boolean {
    const {count, mean, spread} = (saved ?? NOTHING) as Moments;
    if (![count, mean, spread].every(Number.isFinite)) return false;
    this.moments = {count, mean, spread};
    return true;
  }

  // Made once: a declared scalar keeps its function.
  private readonly readMean = () => this.moments.mean;
  private readonly readDeviation = () => this.deviation();

  private deviation(): number {
    return this.moments.count < this.options.warmupSteps ? 0 : Math.sqrt(this.moments.spread);
  }

  /** What a norm is brought down to, if it is an outlier; the same arithmetic as in `bound`. */
  private target(norm: number): number | undefined {
    const {threshold, target} = this.options;
    const [{mean}, deviation] = [this.moments, this.deviation()];
    const z = (norm - mean) / (deviation + EPSILON);
    if (!(z > threshold)) return undefined;
    const lowered = mean + {mean: 0, threshold, reciprocal: threshold ** 2 / z}[target] * deviation;
    return lowered > 0 ? lowered : undefined; // a bound of 0 bounds nothing
  }

  /** Welford's mean and sum of squared distances. */
  private collected(norm: number): Moments {
    const {count, mean, spread} = this.moments;
    const next = mean + (norm - mean) / (count + 1);
    return {count: count + 1, mean: next, spread: spread + (norm - mean) * (norm - next)};
  }

  private moved(norm: number): Moments {
    const {decay} = this.options;
    const {count, mean, spread} = this.moments;
    const next = decay * mean + (1 - decay) * norm;
    return {count: count + 1, mean: next, spread: decay * spread + (1 - decay) * (norm - next) ** 2};
  }
}
