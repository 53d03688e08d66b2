import type {TrainConfig} from '@rife-train/core';
import type {GapRange, GrowingOptions, ResolvedOptions, ScheduledOptions, StagedOptions} from './options.js';

const stagedGaps = ({stages}: StagedOptions, fraction: number): GapRange =>
  (stages.find(({until}) => fraction < until) ?? stages.at(-1)!).gaps;

function growingGaps({from, to, over = [0, 0.5]}: GrowingOptions, fraction: number): GapRange {
  const [start, end] = over;
  const passed = Math.min(1, Math.max(0, (fraction - start) / (end - start)));
  const between = (a: number, b: number) => Math.round(a + (b - a) * passed);
  return [between(from[0], to[0]), between(from[1], to[1])];
}

/**
 * The range of gaps at a fraction of the run. A stage begins exactly where the previous one ends.
 */
export function gapsAt(options: ScheduledOptions, fraction: number): GapRange {
  return 'stages' in options ? stagedGaps(options, fraction) : growingGaps(options, fraction);
}

/** The schedule among the options, if it depends on progress alone. */
export function scheduleOf({stages, from, to, over}: ResolvedOptions): ScheduledOptions | undefined {
  if (stages) return {stages};
  return from && to ? {from, to, ...(over ? {over} : {})} : undefined;
}

/** Smallest and largest gap that a run can reach. */
export function reachOf(options: ResolvedOptions, {data}: Pick<TrainConfig, 'data'>): GapRange {
  const {stages = [], from, to, lossDriven, rehearsal} = options;
  const chosen = [...stages.map(({gaps}) => gaps), ...(lossDriven?.ranges ?? [])];
  if (from && to) chosen.push(from, to);
  if (chosen.length === 0) chosen.push(data.gaps);
  const least = Math.min(...chosen.map(([min]) => min), rehearsal?.gaps[0] ?? Infinity);
  return [least, Math.max(...chosen.map(([, max]) => max))];
}
