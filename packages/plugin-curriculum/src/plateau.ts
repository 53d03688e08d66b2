/**
 * Decides whether the loss of the hardest gaps has stopped falling: window by window, never by one
 * value.
 */
import type {ResolvedLossDriven} from './options.js';
import type {GapSample} from './running.js';

/** Sum and number of the losses of each gap in a window; JSON. */
export type LossSums = Record<string, readonly [sum: number, count: number]>;

/** What is recorded about one range; JSON. */
export interface Watch {
  /** First step with the range. */
  from: number;
  /** Updates in the current window. */
  updates: number;
  current: LossSums;
  /** The last complete window with samples. */
  previous: LossSums | null;
  /** Consecutive windows without improvement. */
  plateaus: number;
}

export const freshWatch = (from: number): Watch => ({
  from,
  updates: 0,
  current: {},
  previous: null,
  plateaus: 0,
});

function sumUp(sums: LossSums, samples: readonly GapSample[]): LossSums {
  const next = {...sums};
  for (const {gap, loss} of samples) {
    const [sum, count] = next[gap] ?? [0, 0];
    next[gap] = [sum + loss, count + 1];
  }
  return next;
}

/**
 * Mean over gaps of the mean loss of each; always over the same gaps, since long ones have larger
 * losses.
 */
function meanOver(sums: LossSums, gaps: readonly string[]): number {
  const total = gaps.reduce((all, gap) => all + sums[gap]![0] / sums[gap]![1], 0);
  return total / gaps.length;
}

/**
 * Fraction by which the loss fell from one window to the next, over the gaps that both have;
 * negative if it rose. Undefined if they have no gap in common.
 */
export function improvementOf(previous: LossSums, current: LossSums): number | undefined {
  const common = Object.keys(current).filter(gap => previous[gap]);
  if (common.length === 0) return undefined;
  const before = meanOver(previous, common);
  return before > 0 ? 1 - meanOver(current, common) / before : 0;
}

function closeWindow(watch: Watch, improvement: number): Watch {
  const {from, current, previous} = watch;
  const isEmpty = Object.keys(current).length === 0;
  const fell = previous ? improvementOf(previous, current) : undefined;
  const plateaus = fell === undefined ? watch.plateaus : fell < improvement ? watch.plateaus + 1 : 0;
  return {from, updates: 0, current: {}, previous: isEmpty ? previous : current, plateaus};
}

/**
 * Adds the samples of one update.
 * @param hardest samples of the gaps that are watched, with finite losses
 */
export function observe(
  watch: Watch,
  hardest: readonly GapSample[],
  {window, improvement}: Pick<ResolvedLossDriven, 'window' | 'improvement'>,
): Watch {
  const next = {...watch, updates: watch.updates + 1, current: sumUp(watch.current, hardest)};
  return next.updates < window ? next : closeWindow(next, improvement);
}
