/** Differences between two subjects on the same frames, and how sure they are. */
import {createRandom} from '@rife-train/data/parts';
import {isHigherBetter, type MetricName} from '../metrics/metric.js';
import type {FrameResult} from '../report/result.js';
import {groupTotals, meanOfValues, type MeanRule, type Value} from './means.js';

/** Whom the network is compared with. */
export type Other = 'against' | 'mean';

/** Score of the network minus that of another subject, frame by frame. */
export interface Difference {
  metric: MetricName;
  other: Other;
  /** By the rule of the protocol. NaN if a score is. */
  mean: number;
  /**
   * Percentile interval of 95 % of the mean, with whole groups drawn; undefined where there are
   * fewer than two groups, or the mean is NaN.
   */
  interval: readonly [low: number, high: number] | undefined;
  /** Frames that are compared, and those in which the network is better. */
  frames: number;
  better: number;
  /** Frames left out, since a score in them is infinite. */
  infinite: readonly string[];
}

export const RESAMPLES = 10_000;
const COVERAGE = 0.95;
const SEED = 2022;

/** The value below which a share of sorted numbers lies, linear between two of them. */
function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}

/**
 * Percentile bootstrap of sum(sums) / sum(counts), drawing pairs of them with replacement (Efron,
 * "Bootstrap methods: another look at the jackknife", 1979). The same numbers give the same
 * interval.
 */
export function bootstrapInterval(
  sums: readonly number[],
  counts: readonly number[],
): readonly [low: number, high: number] {
  const size = sums.length;
  const random = createRandom(SEED, size, 0, 0);
  const means = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < size; i++) {
      const drawn = random.below(size);
      sum += sums[drawn]!;
      count += counts[drawn]!;
    }
    means[resample] = sum / count;
  }
  means.sort();
  const tail = (1 - COVERAGE) / 2;
  return [percentile(means, tail), percentile(means, 1 - tail)];
}

const isInfinite = (value: number) => value === Infinity || value === -Infinity;

/**
 * Compares the network with another subject; undefined where no frame has both scores. Frames of a
 * clip resemble each other, so groups are drawn and not frames. A frame with an infinite score
 * (identical pictures) has no difference that can be averaged, and is left out.
 */
export function pairedDifference(
  frames: readonly FrameResult[],
  other: Other,
  metric: MetricName,
  rule: MeanRule,
): Difference | undefined {
  const values: Value[] = [];
  const infinite: string[] = [];
  for (const {target, group, scores} of frames) {
    const [own, others] = [scores.network?.[metric], scores[other]?.[metric]];
    if (own === undefined || others === undefined) continue;
    if (isInfinite(own) || isInfinite(others)) infinite.push(target);
    else values.push({target, group, value: own - others});
  }
  const mean = meanOfValues(values, rule);
  if (mean === undefined) return undefined;
  const {sums, counts} = groupTotals(values, rule);
  const sign = isHigherBetter(metric) ? 1 : -1;
  return {
    metric,
    other,
    mean,
    interval: sums.length < 2 || Number.isNaN(mean) ? undefined : bootstrapInterval(sums, counts),
    frames: values.length,
    better: values.filter(({value}) => sign * value > 0).length,
    infinite,
  };
}
