/**
 * A weight that moves from one value to another over a part of the run, and is constant before and
 * after it.
 */
export interface DistillRamp {
  /** Weight up to the beginning of `over`; 0 or more. */
  from: number;
  /** Weight from the end of `over` on; 0 or more. */
  to: number;
  /** Where the change begins and ends, as fractions of the run in [0,1]. @default [0, 1] */
  over?: readonly [start: number, end: number];
  /**
   * `linear`: at constant speed. `cosine`: slow, fast, slow, as half a cosine. @default 'linear'
   */
  shape?: 'linear' | 'cosine';
}

/** A weight that changes in steps. */
export interface DistillSteps {
  /** Weight up to the first step; 0 or more. */
  from: number;
  /**
   * From `at` (a fraction of the run in (0,1), larger than the previous one) on the weight is `to`.
   */
  steps: readonly {at: number; to: number}[];
}

export type DistillSchedule = DistillRamp | DistillSteps;

function ramp({from, to, over: [start, end] = [0, 1], shape = 'linear'}: DistillRamp, fraction: number) {
  const passed = Math.min(1, Math.max(0, (fraction - start) / (end - start)));
  // The ends are returned exactly: from + (to - from) may differ from `to` in the last digit.
  if (passed === 0 || passed === 1) return passed === 0 ? from : to;
  const eased = shape === 'cosine' ? (1 - Math.cos(Math.PI * passed)) / 2 : passed;
  return from + (to - from) * eased;
}

const jumps = ({from, steps}: DistillSteps, fraction: number) =>
  steps.findLast(({at}) => at <= fraction)?.to ?? from;

/** Weight of a schedule at a fraction of the run. */
export const scheduledWeight = (schedule: DistillSchedule, fraction: number): number =>
  'steps' in schedule ? jumps(schedule, fraction) : ramp(schedule, fraction);
