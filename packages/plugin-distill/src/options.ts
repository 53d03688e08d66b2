/** Options of the plugin, and their validation. */
import {optionError, parseOptions, type Progress} from '@rife-train/core';
import * as z from 'zod';
import {scheduledWeight, type DistillSchedule} from './schedule.js';

/**
 * Factors of a sample's weight, multiplied. Each names the size at which the weight applies
 * unchanged; the README says when to use them.
 */
export interface DistillAdapt {
  /**
   * Side in pixels: the factor is crop / side, where side = sqrt(height * width) of the crop.
   * RIFE's own crop is 224.
   */
  crop?: number;
  /** Gap in frames: the factor is gap / the sample's gap. */
  gap?: number;
  /**
   * Flow in pixels: the factor is flow / the size of the teacher's flow, and 1 if that is smaller
   * than `flow`. The size is the mean over the pixels of the root mean square over the four
   * channels, without gradient. It grows with crop and gap by itself, so it can't be combined with
   * either.
   */
  flow?: number;
}

export interface DistillOptions {
  /**
   * Factor of the distillation term, 0 or more; a function is evaluated at every step. The number 0
   * removes the term from the graph. @default the model's own: 0.01, for IFNet_m 0.005
   */
  weight?: number | ((progress: Progress) => number);
  /** A weight that changes over the run; replaces `weight`. */
  schedule?: DistillSchedule;
  /** Makes the weight depend on the sample. @default {} (it does not) */
  adapt?: DistillAdapt;
  /**
   * A student is pulled where its error (mean |difference| to gt over the channels, images in 0..1)
   * exceeds the teacher's by more than this; 0 or more. @default 0.01, RIFE's own
   */
  margin?: number;
  /**
   * Gradient where both flows are equal. `safe`: 0. `reference`: that of the release, NaN; for
   * reproducing it. @default 'safe'
   */
  root?: 'safe' | 'reference';
  /** Factor of each student block's part, coarse to fine; 0 omits the part. @default all 1 */
  stages?: readonly number[];
  /**
   * `live`: the teacher's own loss also trains the students, whose flow, mask and images it starts
   * from, as in the release. `detached`: its gradient ends at the teacher. @default 'live'
   */
  teacherInput?: 'live' | 'detached';
}

const WEIGHT = 'It must be a finite number, 0 or more';
const ABOVE_0 = 'It must be a finite number above 0';
const FRACTIONS = 'It must be two rising fractions of the run, such as [0, 0.5]';
const RISING = 'It must be a list of steps at rising fractions of the run, such as [{at: 0.5, to: 0.001}]';

const from0 = z.number({error: WEIGHT}).min(0, {error: WEIGHT});
const above0 = z.number({error: ABOVE_0}).positive({error: ABOVE_0}).optional();
const fraction = z.number({error: FRACTIONS}).min(0, {error: FRACTIONS}).max(1, {error: FRACTIONS});
const word = <const W extends string>(...words: W[]) =>
  z.enum(words, {error: `It must be ${words.map(w => `"${w}"`).join(' or ')}`}).optional();

const rampSchema = z.strictObject({
  from: from0,
  to: from0,
  over: z
    .tuple([fraction, fraction], {error: FRACTIONS})
    .refine(([start, end]) => start < end, {error: FRACTIONS})
    .optional(),
  shape: word('linear', 'cosine'),
});
const stepsSchema = z.strictObject({
  from: from0,
  steps: z
    .array(z.strictObject({at: z.number({error: RISING}), to: from0}), {error: RISING})
    .min(1, {error: RISING})
    .refine(steps => steps.every(({at}, i) => at > (steps[i - 1]?.at ?? 0) && at < 1), {error: RISING}),
});

const schemaWith = (schedule: z.ZodType<DistillSchedule>) =>
  z
    .strictObject({
      weight: z
        .custom<DistillOptions['weight']>(
          value => typeof value === 'function' || from0.optional().safeParse(value).success,
          {error: `${WEIGHT}, or a function of progress`},
        )
        .optional(),
      schedule: schedule.optional(),
      adapt: z
        .strictObject({crop: above0, gap: above0, flow: above0})
        .refine(({crop, gap, flow}) => flow === undefined || (crop ?? gap) === undefined, {
          path: ['flow'],
          error: 'The size of the flow grows with crop and gap, so leave those two out',
        })
        .optional(),
      margin: from0.optional(),
      root: word('safe', 'reference'),
      stages: z
        .array(from0)
        .refine(list => list.some(factor => factor > 0), {
          error: 'One of the factors must be above 0; "weight: 0" turns the term off',
        })
        .optional(),
      teacherInput: word('live', 'detached'),
    })
    .refine(({weight, schedule: given}) => weight === undefined || given === undefined, {
      path: ['schedule'],
      error: 'It must be absent if "weight" is set',
    });

/**
 * Schema of the options. {@link checkOptions} looks at the schedule that was meant alone, for
 * plainer errors.
 */
export const optionsSchema = schemaWith(z.union([rampSchema, stepsSchema]));

const jumps = (options: unknown) => {
  const schedule = (options as DistillOptions | null | undefined)?.schedule;
  return typeof schedule === 'object' && schedule !== null && 'steps' in schedule;
};

/** @throws RIFE_ERR_PLUGIN_OPTION */
export const checkOptions = (plugin: string, options: DistillOptions): DistillOptions =>
  parseOptions(plugin, schemaWith(jumps(options) ? stepsSchema : rampSchema), options);

/**
 * The user's function with its results checked: a NaN is then attributed to the option, not to the
 * step.
 */
function checkedFunction(plugin: string, weight: (progress: Progress) => number) {
  return (progress: Progress) => {
    const value = weight(progress);
    if (from0.safeParse(value).success) return value;
    const expected = `a function that returns a finite number, 0 or more (step ${progress.step})`;
    throw optionError(plugin, 'weight', typeof value === 'number' ? String(value) : value, expected);
  };
}

/**
 * `weight` and `schedule` as one value: a constant number, a function that is evaluated at each
 * step, or undefined if the model decides.
 */
export function weightOf(plugin: string, {weight, schedule}: DistillOptions) {
  if (schedule !== undefined) return (progress: Progress) => scheduledWeight(schedule, progress.fraction);
  return typeof weight === 'function' ? checkedFunction(plugin, weight) : weight;
}
