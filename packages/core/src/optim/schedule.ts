import type {OptimConfig} from '../contract/index.js';

/** What the schedule depends on. */
export type ScheduleOptions = Pick<OptimConfig, 'learningRate' | 'finalLearningRate' | 'warmupSteps'> &
  Partial<Pick<OptimConfig, 'scaleWithDevices'>>;

/**
 * The stretch of a run over which the rate warms up and falls. A run that goes on beyond it does so
 * at the final rate.
 */
export interface Schedule {
  /** Step that it begins at. */
  from: number;
  steps: number;
  warmupSteps: number;
  /** Rate that the warm-up begins with, on four devices where the rate is scaled with them. */
  fromRate: number;
}

/** Devices that RIFE's learning rate was tuned for. */
const TUNED_FOR = 4;

/** Longest warm-up that nobody has asked for, and its longest share of the run. */
const [MOST_WARMUP, WARMUP_SHARE] = [2000, 0.1];

/** Steps of warm-up of a run whose configuration does not say: RIFE's 2000, where they fit. */
export const defaultWarmup = (steps: number) => Math.min(MOST_WARMUP, Math.floor(WARMUP_SHARE * steps));

/** The schedule of a run that begins. */
export const firstSchedule = (steps: number, {warmupSteps}: Pick<OptimConfig, 'warmupSteps'>): Schedule => ({
  from: 0,
  steps,
  warmupSteps,
  fromRate: 0,
});

/**
 * Learning rate of a step: linear warm-up (from 0: step 0 has rate 0), then half a cosine down to
 * the final rate, where it stays. A pure function of the step. Source: `get_learning_rate` in
 * RIFE's train.py.
 * @param step optimizer step from 0; skipped steps count
 * @param devices replicas that train together; `scaleWithDevices` multiplies by devices / 4, as
 * `world_size / 4` in train.py does
 */
export function scheduledRate(
  step: number,
  {from, steps, warmupSteps, fromRate}: Schedule,
  {learningRate, finalLearningRate, scaleWithDevices}: Omit<ScheduleOptions, 'warmupSteps'>,
  devices = 1,
): number {
  if (scaleWithDevices) {
    const unscaled = {learningRate, finalLearningRate};
    return (scheduledRate(step, {from, steps, warmupSteps, fromRate}, unscaled) * devices) / TUNED_FOR;
  }
  const done = step - from;
  if (done < warmupSteps) return fromRate + ((learningRate - fromRate) * done) / warmupSteps;
  const fraction = Math.min(1, (done - warmupSteps) / Math.max(1, steps - warmupSteps));
  const amplitude = 0.5 + 0.5 * Math.cos(Math.PI * fraction);
  return (learningRate - finalLearningRate) * amplitude + finalLearningRate;
}

/**
 * {@link scheduledRate} of a run that is trained to its end at once. @param steps steps of the
 * whole run
 */
export const learningRateAt = (step: number, steps: number, options: ScheduleOptions, devices = 1): number =>
  scheduledRate(step, firstSchedule(steps, options), options, devices);
