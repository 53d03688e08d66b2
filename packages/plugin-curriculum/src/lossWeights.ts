/** Loss weights by gap. Axes: B batch, G gaps. */
import type {LossState, Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import type {GapRange, ResolvedLossWeights} from './options.js';
import type {GapSample, Means} from './running.js';

/** Logarithm of the variance of each gap; JSON. */
export type LogVariances = Record<string, number>;

/** A loss of 0 would require an infinite weight. */
const LEAST_LOSS = 1e-12;
/**
 * Largest multiple of its variance with which a loss counts: one outlier must not set a logarithm
 * back by thousands of steps.
 */
const LARGEST_RATIO = 10;

/** Inputs of a weight. */
export interface GapLoss {
  gap: number;
  /** Running loss. */
  loss: number;
  /** Probability of the gap. */
  share: number;
}

const clamp = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value));

/**
 * The scale c at which sum share * clamp(c / loss) = sum share. The left side is piecewise linear
 * and increasing in c, so the right piece is solved exactly.
 */
function scaleOf(drawn: readonly GapLoss[], [min, max]: readonly [number, number]): number {
  const target = drawn.reduce((sum, {share}) => sum + share, 0);
  const sumAt = (c: number) =>
    drawn.reduce((sum, {loss, share}) => sum + share * clamp(c / loss, min, max), 0);
  const corners = drawn.flatMap(({loss}) => [min * loss, max * loss]).sort((a, b) => a - b);
  const end = corners.findIndex(c => sumAt(c) >= target);
  // Rounding may leave even the last sum below the target.
  if (end <= 0) return corners.at(end)!;
  const [c0, c1] = [corners[end - 1]!, corners[end]!];
  const [sum0, sum1] = [sumAt(c0), sumAt(c1)];
  return sum1 > sum0 ? c0 + ((target - sum0) * (c1 - c0)) / (sum1 - sum0) : c1;
}

/**
 * Weights c / loss, within the bounds, with the c that makes their mean over the shares 1. Gaps
 * without a share do not count in the mean; without any share, all weights are 1.
 * @param bounds smallest and largest weight, 1 between them
 */
export function inverseWeights(
  losses: readonly GapLoss[],
  bounds: readonly [min: number, max: number],
): Map<number, number> {
  const safe = losses.map(each => ({...each, loss: Math.max(each.loss, LEAST_LOSS)}));
  const drawn = safe.filter(({share}) => share > 0);
  if (drawn.length === 0) return new Map(losses.map(({gap}) => [gap, 1]));
  const scale = scaleOf(drawn, bounds);
  return new Map(safe.map(({gap, loss}) => [gap, clamp(scale / loss, ...bounds)]));
}

/**
 * One step of gradient descent on Kendall, Gal and Cipolla's (2018) mean of exp(-s) L / 2 + s / 2,
 * for the gaps of a batch. Their s are parameters of the graph; here the step runs on the host, as
 * its gradient needs only the losses. It converges where exp(s) is the mean loss. An s starts
 * there, once its gap has enough samples.
 */
export function learnLogVariances(
  logVariances: Readonly<LogVariances>,
  samples: readonly GapSample[],
  means: Means,
  {minSamples, rate}: Pick<ResolvedLossWeights, 'minSamples' | 'rate'>,
): LogVariances {
  const next = {...logVariances};
  for (const gap of new Set(samples.map(sample => sample.gap))) {
    const [mean, count] = means[gap]!;
    if (count < minSamples) continue;
    const s = next[gap] ?? Math.log(Math.max(mean, LEAST_LOSS));
    const ratios = samples
      .filter(sample => sample.gap === gap)
      .map(({loss}) => Math.min(LARGEST_RATIO, loss / Math.exp(s)));
    const ratio = ratios.reduce((a, b) => a + b, 0) / ratios.length;
    next[gap] = Math.max(Math.log(LEAST_LOSS), s + (rate / 2) * (ratio - 1));
  }
  return next;
}

/** The losses from which weights are computed, for gaps with enough samples. */
export function gapLosses(
  means: Means,
  logVariances: LogVariances,
  shares: ReadonlyMap<number, number>,
  {mode, minSamples}: Pick<ResolvedLossWeights, 'mode' | 'minSamples'>,
): GapLoss[] {
  const known = Object.entries(means).filter(([, [, count]]) => count >= minSamples);
  return known.map(([key, [mean]]) => {
    const gap = Number(key);
    const variance = logVariances[key];
    const loss = mode === 'uncertainty' && variance !== undefined ? Math.exp(variance) : mean;
    return {gap, loss, share: shares.get(gap) ?? 0};
  });
}

/**
 * Weight of each sample, [B]: that of its gap, rounded up, to the bit. A gap outside the range
 * takes the weight of the nearest end.
 * @param weightAt the weight of a gap on the host, evaluated at each step; the same function at
 *   each call
 */
export function sampleWeights_B(
  trace: Trace,
  [first, last]: GapRange,
  weightAt: (gap: number) => () => number,
) {
  const gaps = Array.from({length: last - first + 1}, (_, i) => first + i);
  const scalars = gaps.map(gap => trace.scalar(`curriculum.weight${gap}`, weightAt(gap)));
  const weights_1G = tf.reshape(tf.stack(scalars), [1, gaps.length]);
  const within_B = tf.minimum(tf.maximum(tf.ceil(trace.gap), first), last);
  // `gather` would read its indices on the host, and there are none while a step is captured.
  const isGap_BG = tf.equal(tf.reshape(within_B, [-1, 1]), tf.tensor2d([gaps]));
  const none_BG = tf.zerosLike(tf.cast(isGap_BG, 'float32'));
  return tf.sum<tf.Tensor1D>(tf.where(isGap_BG, weights_1G, none_BG), 1);
}

/** Multiplies the weight of each term by that of the sample. A term of weight 0 stays omitted. */
export function weighLoss({terms, weights}: LossState, sample_B: tf.Tensor1D): LossState {
  const weighed = Object.entries(weights).map(([term, weight]) => [
    term,
    weight === 0 ? 0 : weight === 1 ? sample_B : tf.mul<tf.Tensor1D>(sample_B, weight),
  ]);
  return {terms, weights: Object.fromEntries(weighed) as LossState['weights']};
}
