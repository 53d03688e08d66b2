/**
 * ZClip (Kumar et al. 2025): a norm that exceeds the moving mean by too many deviations is reduced.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {DeclareScalar, NormStatistic} from './statistic.js';

/** Prevents a division by 0 if the norm never changed. */
const EPSILON = 1e-6;

/** Options of a {@link NormTrend}. */
export interface TrendOptions {
  /** Share of the old mean and variance that a step keeps; in (0,1). */
  decay: number;
  /** Deviations above the mean from which a norm is an outlier. */
  threshold: number;
  /**
   * Value to which an outlier is reduced: `reciprocal`, mean + threshold^2 / z deviations, smaller
   * for larger outliers; `mean`; `threshold`, mean + threshold deviations.
   */
  target: 'reciprocal' | 'mean' | 'threshold';
  /** Norms from which the first mean and variance are computed. */
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

  /**
   * An outlier counts with its reduced value, so that it does not raise the limit for the next one.
   */
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

  // Created once: a declared scalar keeps its function.
  private readonly readMean = () => this.moments.mean;
  private readonly readDeviation = () => this.deviation();

  private deviation(): number {
    return this.moments.count < this.options.warmupSteps ? 0 : Math.sqrt(this.moments.spread);
  }

  /**
   * The value to which a norm is reduced, if it is an outlier; the same arithmetic as in `bound`.
   */
  private target(norm: number): number | undefined {
    const {threshold, target} = this.options;
    const [{mean}, deviation] = [this.moments, this.deviation()];
    const z = (norm - mean) / (deviation + EPSILON);
    if (!(z > threshold)) return undefined;
    const lowered = mean + {mean: 0, threshold, reciprocal: threshold ** 2 / z}[target] * deviation;
    return lowered > 0 ? lowered : undefined; // a bound of 0 has no effect
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
