/** Which frame gaps are trained when: in stages, or growing. */
import {definePlugin, type Progress, type RifePlugin, type SamplingPolicy} from '@rife-train/core';
import {checkOptions} from './checkOptions.js';

/** Smallest and largest gap between gt and each input, in frames, inclusive. */
export type GapRange = readonly [min: number, max: number];

/** A part of the run with one range of gaps. */
export interface CurriculumStage {
  /** Fraction of the run at which the stage ends, above the one before it; the last is 1. */
  until: number;
  gaps: GapRange;
}

/** Gaps that change stage by stage. */
export interface StagedOptions {
  stages: readonly CurriculumStage[];
}

/** Gaps whose both ends move evenly from one range to another. */
export interface GrowingOptions {
  /** Range up to the beginning of `over`. */
  from: GapRange;
  /** Range from the end of `over` on. */
  to: GapRange;
  /** Where the change begins and ends, as fractions of the run in [0,1]. @default [0, 0.5] */
  over?: readonly [start: number, end: number];
}

export type CurriculumOptions = StagedOptions | GrowingOptions;

export const NAME = 'rife:curriculum';

const stagedGaps = ({stages}: StagedOptions, fraction: number): GapRange =>
  (stages.find(({until}) => fraction < until) ?? stages.at(-1)!).gaps;

function growingGaps({from, to, over = [0, 0.5]}: GrowingOptions, fraction: number): GapRange {
  const [start, end] = over;
  const passed = Math.min(1, Math.max(0, (fraction - start) / (end - start)));
  const between = (a: number, b: number) => Math.round(a + (b - a) * passed);
  return [between(from[0], to[0]), between(from[1], to[1])];
}

/** The range of gaps at a fraction of the run. A stage begins exactly where the one before it ends. */
export function gapsAt(options: CurriculumOptions, fraction: number): GapRange {
  return 'stages' in options ? stagedGaps(options, fraction) : growingGaps(options, fraction);
}

/**
 * The policy with another range of gaps. Weights by gap belong to the range that they were made for, so they go when it changes.
 */
export function withGaps(policy: SamplingPolicy, [minGap, maxGap]: GapRange): SamplingPolicy {
  if (policy.minGap === minGap && policy.maxGap === maxGap) return policy;
  const {gapWeights: _belongsToTheOldRange, ...rest} = policy;
  return {...rest, minGap, maxGap};
}

/**
 * Plugin that decides which gaps are drawn; replaces `data.gaps` of the configuration.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function curriculum(options: CurriculumOptions): RifePlugin {
  const checked = checkOptions(NAME, options);
  const sample = (policy: SamplingPolicy, {fraction}: Progress) =>
    withGaps(policy, gapsAt(checked, fraction));
  return definePlugin({name: NAME, apply: ({hooks}) => hooks.sampling.tap(NAME, sample)});
}
