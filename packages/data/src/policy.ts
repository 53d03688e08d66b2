import type {SamplingPolicy} from '@rife-train/core';
import {policyInvalid} from '@rife-train/errors';
import type {Random} from './random.js';

/** A gap and how often it is drawn, relative to the others. */
export interface WeightedGap {
  gap: number;
  weight: number;
}

function fault({minGap, maxGap, gapWeights}: SamplingPolicy): string | undefined {
  if (!Number.isSafeInteger(minGap) || minGap < 1) return 'minGap to be a whole number of at least 1';
  if (!Number.isSafeInteger(maxGap) || maxGap < minGap)
    return 'maxGap to be a whole number of at least minGap';
  if (!gapWeights) return undefined;
  const count = maxGap - minGap + 1;
  if (gapWeights.length !== count) return `${count} gapWeights, one for each gap`;
  if (!gapWeights.every(weight => weight >= 0 && Number.isFinite(weight))) return 'gapWeights of at least 0';
  return gapWeights.some(weight => weight > 0) ? undefined : 'a gapWeight above 0';
}

/**
 * The gaps that a policy can draw, without those of weight 0.
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
  return all.filter(({weight}) => weight > 0);
}

/** Draws one gap; uses one number of `random`. */
export function drawGap(gaps: readonly WeightedGap[], random: Random): number {
  const total = gaps.reduce((sum, {weight}) => sum + weight, 0);
  let rest = random.uniform() * total;
  for (const {gap, weight} of gaps) {
    if (rest < weight) return gap;
    rest -= weight;
  }
  return gaps.at(-1)!.gap; // rounding of the sum
}
