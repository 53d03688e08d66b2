import type {StepMetrics} from '@rife-train/core';

/** Mean loss of the first and of the last steps of the run, over samples of the same gaps. */
export interface LossTrend {
  /** Steps that each mean is over. */
  count: number;
  first: number;
  last: number;
  /**
   * The gaps that were compared, ascending; fewer than were trained when a curriculum changed them.
   */
  gaps: number[];
}

type Samples = StepMetrics['perSample'];

/**
 * Compares like with like: large gaps cost more than small ones, so a curriculum would hide (or
 * fake) a fall.
 *
 * @param first,last samples of the steps, `[step][sample]`; non-finite ones don't count
 * @returns undefined when no gap occurs in both
 */
export function lossTrend(first: readonly Samples[], last: readonly Samples[]): LossTrend | undefined {
  const [before, after] = [first.flat(), last.flat()].map(samples =>
    samples.filter(({loss}) => Number.isFinite(loss)),
  );
  const seen = new Set(after!.map(({gap}) => gap));
  const gaps = [...new Set(before!.map(({gap}) => gap))].filter(gap => seen.has(gap)).sort((a, b) => a - b);
  if (gaps.length === 0) return undefined;
  const meanOf = (samples: Samples) =>
    mean(samples.filter(({gap}) => gaps.includes(gap)).map(({loss}) => loss));
  return {count: last.length, first: meanOf(before!), last: meanOf(after!), gaps};
}

/** NaN without values. */
export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
