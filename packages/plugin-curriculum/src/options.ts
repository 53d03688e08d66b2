import * as z from 'zod';

/** Smallest and largest gap between gt and each input, in frames, inclusive. */
export type GapRange = readonly [min: number, max: number];

/** A part of the run with one range of gaps. */
export interface CurriculumStage {
  /**
   * Fraction of the run at which the stage ends, above that of the previous stage; the last is 1.
   */
  until: number;
  /** Smallest and largest gap of the stage. */
  gaps: GapRange;
}

/** Gaps that change in stages. */
export interface StagedOptions {
  /** Stages, one after the other, with the gaps of each. */
  stages: readonly CurriculumStage[];
}

/** A range of gaps whose ends move linearly from one range to another. */
export interface GrowingOptions {
  /** Range up to the beginning of `over`. */
  from: GapRange;
  /** Range from the end of `over` on. */
  to: GapRange;
  /** Where the change begins and ends, as fractions of the run in [0,1]. @default [0, 0.5] */
  over?: readonly [start: number, end: number];
}

/** Gaps that advance when the loss of the hardest ones stops falling. */
export interface LossDrivenOptions {
  /** The range moves on when the loss of its hardest gaps stops falling. */
  lossDriven: {
    /** Ranges in order; the largest gap rises from each to the next, the smallest never falls. */
    ranges: readonly GapRange[];
    /** Updates over which losses are averaged before they are compared. @default 500 */
    window?: number;
    /**
     * A window counts as one without improvement if its loss is lower than that of the previous one
     * by less than this fraction. @default 0.01
     */
    improvement?: number;
    /**
     * Consecutive windows without improvement after which the range advances; at least 2. @default
     * 2
     */
    patience?: number;
    /** Minimum number of steps with a range. @default 0 */
    minSteps?: number;
    /** Steps after which a range advances in any case. @default no limit */
    maxSteps?: number;
  };
}

/** Short gaps that continue to be trained while the range moves up. */
export interface RehearsalOptions {
  /** Minimum share of the samples, above 0 and below 1, that comes from `gaps`. @default 0.1 */
  share?: number;
  /**
   * Rehearsed gaps; those above the current range wait until it has reached them. @default [1, 4]
   */
  gaps?: GapRange;
}

/** Loss weights by gap, so that long gaps, whose loss is larger, do not dominate. */
export interface LossWeightOptions {
  /**
   * `inverse`: by one over the running mean of the gap's loss. `uncertainty`: by exp(-s), s being
   * the logarithm of the gap's variance, learned as Kendall et al. (2018) do. @default 'inverse'
   */
  mode?: 'inverse' | 'uncertainty';
  /** Smallest and largest weight, around 1. @default [0.25, 4] */
  bounds?: readonly [min: number, max: number];
  /** Samples of a gap before it is weighted; 1 until then. @default 20 */
  minSamples?: number;
  /** Learning rate of the logarithms of `uncertainty`. @default 0.01 */
  rate?: number;
}

/** Options for any way of choosing the range. */
export interface CommonOptions {
  /**
   * What is equally likely: each gap of the range, or each triplet of all clips (short gaps have
   * more).
   * @default that of the policy before the plugin, which is 'gaps'
   */
  balance?: 'gaps' | 'triplets';
  /** @default none */
  rehearsal?: RehearsalOptions;
  /** @default all gaps count alike */
  lossWeights?: LossWeightOptions;
  /** Number of samples of a gap in its running loss and PSNR. @default 100 */
  memory?: number;
}

/** How the range changes over progress. */
export type ScheduledOptions = StagedOptions | GrowingOptions;

/** The range stays that of `data.gaps`. */
export interface FixedOptions {
  stages?: undefined;
  from?: undefined;
  lossDriven?: undefined;
}

/** One way of choosing the range, and the options for all of them. */
export type CurriculumOptions = (ScheduledOptions | LossDrivenOptions | FixedOptions) & CommonOptions;

const isGaps = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every(gap => Number.isSafeInteger(gap) && gap >= 1) &&
  value[0] <= value[1];
const gaps = () =>
  z.custom<GapRange>(isGaps, 'Expected a range of whole gaps from 1 on, smallest first, such as [1, 8]');

const isPart = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value[0] >= 0 && value[0] < value[1] && value[1] <= 1;
const part = () =>
  z.custom<readonly [number, number]>(isPart, 'Expected two rising fractions of the run, such as [0, 0.5]');

const isBounds = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value[0] > 0 &&
  value[0] <= 1 &&
  value[1] >= 1 &&
  value[1] < Infinity;
const bounds = () =>
  z.custom<readonly [number, number]>(
    isBounds,
    'Expected the smallest weight in (0,1] and the largest from 1 on, such as [0.25, 4]',
  );

const STAGES = 'Expected a list of stages such as [{until: 1, gaps: [1, 4]}]';
const stages = z
  .array(z.strictObject({until: z.number(), gaps: gaps()}), STAGES)
  .min(1, STAGES)
  .superRefine((list, context) => {
    list.forEach(({until}, i) => {
      const before = list[i - 1]?.until ?? 0;
      const expected = `Expected a fraction of the run above ${before}, up to 1`;
      if (!(until > before && until <= 1))
        context.addIssue({code: 'custom', path: [i, 'until'], message: expected});
    });
    if (list.at(-1)?.until !== 1)
      context.addIssue({
        code: 'custom',
        path: [list.length - 1, 'until'],
        message: 'Expected 1, so that the last stage reaches the end of the run',
      });
  });

const isMovingUp = (ranges: readonly GapRange[]) =>
  ranges.slice(1).every(([min, max], i) => min >= ranges[i]![0] && max > ranges[i]![1]);
const steps = () => z.int().min(0);

const lossDriven = z
  .strictObject({
    ranges: z
      .array(gaps())
      .min(1)
      .refine(
        isMovingUp,
        'Expected ranges whose largest gap rises and whose smallest never falls, such as [[1, 4], [1, 16]]',
      ),
    window: z.int().min(1).default(500),
    improvement: z.number().min(0).lt(1).default(0.01),
    // One noisy value can make one window look bad, but not two in a row.
    patience: z.int().min(2).default(2),
    minSteps: steps().default(0),
    maxSteps: z.int().min(1).optional(),
  })
  .refine(({minSteps, maxSteps = Infinity}) => minSteps <= maxSteps, {
    path: ['maxSteps'],
    message: 'Expected at least minSteps',
  });

const rehearsal = z.strictObject({
  share: z.number().gt(0).lt(1).default(0.1),
  gaps: gaps().default([1, 4]),
});

const lossWeights = z.strictObject({
  mode: z.enum(['inverse', 'uncertainty']).default('inverse'),
  bounds: bounds().default([0.25, 4]),
  minSamples: z.int().min(1).default(20),
  rate: z.number().gt(0).max(1).default(0.01),
});

const WAYS = ['stages', 'from', 'lossDriven'] as const;

/** Schema of {@link CurriculumOptions}. */
export const optionsSchema = z
  .strictObject({
    stages: stages.optional(),
    from: gaps().optional(),
    to: gaps().optional(),
    over: part().optional(),
    lossDriven: lossDriven.optional(),
    balance: z.enum(['gaps', 'triplets']).optional(),
    rehearsal: rehearsal.optional(),
    lossWeights: lossWeights.optional(),
    memory: z.int().min(1).default(100),
  })
  .superRefine((options, context) => {
    const [first, second] = WAYS.filter(way => options[way] !== undefined);
    const refuse = (path: string, message: string) =>
      context.addIssue({code: 'custom', path: [path], message});
    if (second) refuse(second, `It must be absent, since "${first}" decides the range`);
    if (options.from && !options.to) refuse('to', 'Expected the range that "from" grows to, such as [1, 32]');
    if (options.to && !options.from) refuse('from', 'Expected the range that grows to "to", such as [1, 1]');
    if (options.over && !options.from) refuse('over', 'It must be absent without "from" and "to"');
  });

/** Options, validated and complete. */
export type ResolvedOptions = z.output<typeof optionsSchema>;
export type ResolvedLossDriven = z.output<typeof lossDriven>;
export type ResolvedLossWeights = z.output<typeof lossWeights>;
export type ResolvedRehearsal = z.output<typeof rehearsal>;
