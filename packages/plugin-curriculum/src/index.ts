/** Decides which frame gaps are trained when, how they are balanced, and how much each counts. */
import {definePlugin, parseOptions, type RifePlugin} from '@rife-train/core';
import {Curriculum} from './curriculum.js';
import {NAME} from './name.js';
import {optionsSchema, type CurriculumOptions} from './options.js';

export {optionsSchema} from './options.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Range of gaps in force, without rehearsed gaps. */
    'curriculum/minGap': true;
    'curriculum/maxGap': true;
    /** Consecutive windows without improvement; loss-driven only. */
    'curriculum/plateaus': true;
    /**
     * Running loss of a gap, before its weight; logged in steps with samples of it, as the three
     * below.
     */
    [key: `curriculum/loss/${number}`]: true;
    /** Running PSNR of a gap, dB. */
    [key: `curriculum/psnr/${number}`]: true;
    /** Samples of a gap so far. */
    [key: `curriculum/count/${number}`]: true;
    /** Loss weight of a gap in this step; with `lossWeights` only. */
    [key: `curriculum/weight/${number}`]: true;
  }
}

export {NAME};
export type {
  CommonOptions,
  CurriculumOptions,
  CurriculumStage,
  FixedOptions,
  GapRange,
  GrowingOptions,
  LossDrivenOptions,
  LossWeightOptions,
  RehearsalOptions,
  ScheduledOptions,
  StagedOptions,
} from './options.js';
export {inverseWeights, learnLogVariances, type GapLoss, type LogVariances} from './lossWeights.js';
export {improvementOf, type LossSums} from './plateau.js';
export {describePolicy, withGaps, withRehearsal} from './policy.js';
export {gapsAt} from './schedule.js';

/** After every other tap: the weight of a gap applies to all its loss terms. */
const LAST = 1_000;

/**
 * Plugin that decides which gaps are drawn (in place of `data.gaps`), how they are balanced and how
 * much each counts. It also keeps running losses and PSNR by gap.
 * @param options without any, gaps are drawn as configured and measured
 * @throws RIFE_ERR_PLUGIN_OPTION; in a run RIFE_ERR_PLUGIN_STATE and RIFE_ERR_PLUGIN_READ_AHEAD
 */
export function curriculum(options: CurriculumOptions = {}): RifePlugin {
  const resolved = parseOptions(NAME, optionsSchema, options);
  return definePlugin({
    name: NAME,
    options: resolved,
    apply(trainer) {
      const {hooks} = trainer;
      const run = new Curriculum(resolved, trainer);
      hooks.sampling.tap(NAME, run.sample);
      hooks.beforeStep.tap(NAME, run.prepare);
      if (resolved.lossWeights) hooks.afterLoss.tap({name: NAME, stage: LAST}, run.weigh);
      hooks.afterStep.tap(NAME, run.observe);
      hooks.save.tap(NAME, run.save);
      hooks.load.tap(NAME, run.load);
    },
  });
}
