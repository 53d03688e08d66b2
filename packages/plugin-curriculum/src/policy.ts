import type {SamplingPolicy} from '@rife-train/core';
import type {GapRange, ResolvedRehearsal} from './options.js';

/**
 * The policy with another range of gaps. Weights by gap belong to their range, so they are dropped
 * when it changes.
 */
export function withGaps(policy: SamplingPolicy, [minGap, maxGap]: GapRange): SamplingPolicy {
  if (policy.minGap === minGap && policy.maxGap === maxGap) return policy;
  const {gapWeights: _belongsToTheOldRange, ...rest} = policy;
  return {...rest, minGap, maxGap};
}

/**
 * The policy with rehearsed gaps. Its range extends down to them, the gaps between have weight 0,
 * and the rehearsed gaps that the range has reached get their minimum share.
 */
export function withRehearsal(policy: SamplingPolicy, {share, gaps}: ResolvedRehearsal): SamplingPolicy {
  const [first, last] = [gaps[0], Math.min(gaps[1], policy.maxGap)];
  if (first > last) return policy;
  const rehearsed = {...policy, rehearsal: {share, gaps: [first, last] as const}};
  if (first >= policy.minGap) return rehearsed;
  const count = policy.maxGap - first + 1;
  const weightOf = (gap: number) =>
    gap < policy.minGap ? 0 : (policy.gapWeights?.[gap - policy.minGap] ?? 1);
  const gapWeights = Array.from({length: count}, (_, i) => weightOf(first + i));
  return {...rehearsed, minGap: first, gapWeights};
}

/** Probability of each gap, by gap: from the source, else from the weights alone. */
export function sharesOf({minGap, maxGap, gapShares, gapWeights}: SamplingPolicy): Map<number, number> {
  const count = maxGap - minGap + 1;
  const relative = gapShares ?? gapWeights ?? Array.from({length: count}, () => 1);
  const total = relative.reduce((sum, value) => sum + value, 0);
  return new Map(relative.map((value, i) => [minGap + i, value / total]));
}

const nameOf = (from: number, to: number) => (from === to ? `gap ${from}` : `gaps ${from}-${to}`);

/**
 * `gaps 1-32, balanced over triplets: 43.8 % gaps 1-8, 31.3 % gaps 9-16, ...`, in up to four parts
 * of equal width.
 */
export function describePolicy(policy: SamplingPolicy): string {
  const {minGap, maxGap, balance = 'gaps', gapShares} = policy;
  const head = `${nameOf(minGap, maxGap)}, balanced over ${balance}`;
  if (!gapShares) return head;
  const width = Math.ceil(gapShares.length / 4);
  const parts = Array.from({length: Math.ceil(gapShares.length / width)}, (_, i) => {
    const part = gapShares.slice(i * width, (i + 1) * width);
    const from = minGap + i * width;
    const percent = 100 * part.reduce((sum, share) => sum + share, 0);
    return `${percent.toFixed(1)} % ${nameOf(from, from + part.length - 1)}`;
  });
  return `${head}: ${parts.join(', ')}`;
}
