import type {SamplingPolicy} from '@rife-train/core';
import {policyInvalid} from '@rife-train/errors';
import type {Random} from './random.js';

/** A gap and how often it is drawn, relative to the others. */
export interface WeightedGap {
  gap: number;
  weight: number;
}

const isPositive = (weight: number) => weight > 0 && Number.isFinite(weight);

function rehearsalFault({minGap, maxGap, rehearsal}: SamplingPolicy): string | undefined {
  if (!rehearsal) return undefined;
  const {share, gaps} = rehearsal;
  if (!(share > 0 && share <= 1)) return 'a rehearsal share above 0, up to 1';
  const [first, last] = gaps;
  const inside = minGap <= first && first <= last && last <= maxGap;
  return inside && gaps.every(Number.isSafeInteger) ? undefined : 'rehearsal gaps from minGap to maxGap';
}

function weightsFault({minGap, maxGap, gapWeights}: SamplingPolicy): string | undefined {
  if (!gapWeights) return undefined;
  const count = maxGap - minGap + 1;
  if (gapWeights.length !== count) return `${count} gapWeights, one for each gap`;
  if (!gapWeights.every(weight => weight === 0 || isPositive(weight))) return 'gapWeights of at least 0';
  return gapWeights.some(isPositive) ? undefined : 'a gapWeight above 0';
}

function fault(policy: SamplingPolicy): string | undefined {
  const {minGap, maxGap, balance = 'gaps'} = policy;
  if (!Number.isSafeInteger(minGap) || minGap < 1) return 'minGap to be a whole number of at least 1';
  if (!Number.isSafeInteger(maxGap) || maxGap < minGap)
    return 'maxGap to be a whole number of at least minGap';
  if (balance !== 'gaps' && balance !== 'triplets') return 'balance to be "gaps" or "triplets"';
  return weightsFault(policy) ?? rehearsalFault(policy);
}

const isRehearsed = ({rehearsal}: SamplingPolicy, gap: number) =>
  rehearsal !== undefined && rehearsal.gaps[0] <= gap && gap <= rehearsal.gaps[1];

/**
 * The gaps that a policy can draw, with its own weights: gaps of weight 0 only if they are
 * rehearsed.
 * @throws RIFE_ERR_DATA_POLICY
 */
export function gapsOf(policy: SamplingPolicy, batch: number): WeightedGap[] {
  const expected = fault(policy);
  if (expected) throw policyInvalid(batch, policy, expected);
  const count = policy.maxGap - policy.minGap + 1;
  const all = Array.from({length: count}, (_, i) => ({
    gap: policy.minGap + i,
    weight: policy.gapWeights?.[i] ?? 1,
  }));
  return all.filter(({gap, weight}) => weight > 0 || isRehearsed(policy, gap));
}

const totalOf = (gaps: readonly WeightedGap[]) => gaps.reduce((sum, {weight}) => sum + weight, 0);

/**
 * Adds uniform draws of the rehearsed gaps up to their share. The resulting weights are
 * probabilities.
 */
function withRehearsal(gaps: readonly WeightedGap[], even: readonly WeightedGap[], share: number) {
  const total = totalOf(gaps);
  const rehearsed = new Map(even.map(({gap, weight}) => [gap, weight / totalOf(even)]));
  const own = totalOf(gaps.filter(({gap}) => rehearsed.has(gap))) / total;
  if (own >= share) return gaps;
  const mixed = (share - own) / (1 - own);
  return gaps.map(({gap, weight}) => ({
    gap,
    weight: ((1 - mixed) * weight) / total + mixed * (rehearsed.get(gap) ?? 0),
  }));
}

/**
 * Final weights of the gaps, given the clips.
 *
 * @param gaps of {@link gapsOf}, only gaps for which some clip is long enough
 * @param triplets number of triplets of a gap in all clips
 */
export function balancedGaps(
  policy: SamplingPolicy,
  gaps: readonly WeightedGap[],
  triplets: (gap: number) => number,
): readonly WeightedGap[] {
  const measure = policy.balance === 'triplets' ? triplets : () => 1;
  const own = gaps.map(({gap, weight}) => ({gap, weight: weight * measure(gap)}));
  const even = gaps.flatMap(({gap}) => (isRehearsed(policy, gap) ? [{gap, weight: measure(gap)}] : []));
  if (!policy.rehearsal || even.length === 0) return own;
  // On a redraw, the remaining clips may be long enough for rehearsed gaps only.
  return totalOf(own) > 0 ? withRehearsal(own, even, policy.rehearsal.share) : even;
}

/** Probability of each gap from `minGap` to `maxGap`. */
export function sharesOf({minGap, maxGap}: SamplingPolicy, gaps: readonly WeightedGap[]): number[] {
  const total = totalOf(gaps);
  const shares = new Map(gaps.map(({gap, weight}) => [gap, weight / total]));
  return Array.from({length: maxGap - minGap + 1}, (_, i) => shares.get(minGap + i) ?? 0);
}

/** Draws one item with probability proportional to its weight; uses one number of `random`. */
export function drawWeighted<T extends {weight: number}>(things: readonly T[], random: Random): T {
  const total = things.reduce((sum, {weight}) => sum + weight, 0);
  let rest = random.uniform() * total;
  for (const thing of things) {
    if (rest < thing.weight) return thing;
    rest -= thing.weight;
  }
  return things.findLast(({weight}) => weight > 0)!; // rounding of the sum
}

/** Draws one gap; uses one number of `random`. */
export const drawGap = (gaps: readonly WeightedGap[], random: Random): number =>
  drawWeighted(gaps, random).gap;
