/**
 * Draws triplets without replacement. An epoch is a number of samples, divided among gaps in
 * exactly the shares of the policy; within a gap, every triplet is drawn once before any is
 * repeated. Sample n is a function of the seed, n and the policy, without any state.
 */
import type {DataConfig, SamplingPolicy} from '@rife-train/core';
import type {Clip, FrameNumbers} from '../clip.js';
import {permuted} from './permutation.js';
import type {WeightedGap} from './policy.js';
import {spansOf, tripletAt, tripletsOfSpan} from './triplets.js';

/** What an epoch is drawn from. */
export interface EpochContext {
  clips: readonly Clip[];
  seed: number;
  timestep: DataConfig['timestep'];
  /** Samples of an epoch. */
  epoch: number;
}

/** Triplets of one span, and their samples in an epoch: [from, to). */
interface Stratum {
  gap: number;
  span: number;
  triplets: number;
  from: number;
  to: number;
}

/** Stream of the permutation that assigns samples to strata; each stratum uses its span. */
const DEAL = 0;

/** Shares of spans within a gap: equal, or proportional to their triplets. */
function spansWithShares({clips, timestep}: EpochContext, {gap, weight}: WeightedGap, byTriplets: boolean) {
  const spans = spansOf(gap, timestep).map(span => ({
    gap,
    span,
    triplets: tripletsOfSpan(clips, gap, span, timestep),
  }));
  const measure = ({triplets}: {triplets: number}) => (byTriplets ? triplets : 1);
  const total = spans.reduce((sum, span) => sum + measure(span), 0);
  return spans.map(span => ({...span, weight: (weight * measure(span)) / total}));
}

/** @param gaps with the weights of the policy and its clips */
export function strataOf(
  context: EpochContext,
  policy: SamplingPolicy,
  gaps: readonly WeightedGap[],
): Stratum[] {
  const byTriplets = policy.balance === 'triplets';
  const spans = gaps.flatMap(gap => spansWithShares(context, gap, byTriplets));
  const total = spans.reduce((sum, {weight}) => sum + weight, 0);
  let done = 0;
  let from = 0;
  return spans.map(({weight, ...span}) => {
    done += weight;
    // Rounded sums, not sums of rounded shares: they end at the epoch's end.
    const stratum = {...span, from, to: Math.round((context.epoch * done) / total)};
    from = stratum.to;
    return stratum;
  });
}

/**
 * Sample number n of a run, counted over all epochs.
 * @param strata of {@link strataOf}; if they change within an epoch, an earlier triplet may be
 * repeated
 */
export function epochSample(
  {clips, seed, timestep, epoch}: EpochContext,
  strata: readonly Stratum[],
  n: number,
): {gap: number; clip: Clip; numbers: FrameNumbers} {
  const number = Math.floor(n / epoch);
  const place = permuted(n % epoch, epoch, [seed, number, DEAL, 0]);
  const {gap, span, triplets, from} = strata.find(({to}) => place < to)!;
  const rank = place - from;
  const pass = Math.floor(rank / triplets);
  const k = permuted(rank % triplets, triplets, [seed, number, span, pass]);
  return {gap, ...tripletAt(clips, gap, span, timestep, k)};
}
