import type {OptimConfig} from '../contract/index.js';

/** What the schedule depends on. */
export type ScheduleOptions = Pick<OptimConfig, 'learningRate' | 'finalLearningRate' | 'warmupSteps'> &
  Partial<Pick<OptimConfig, 'scaleWithDevices'>>;

/** Devices that RIFE's learning rate was tuned for. */
const TUNED_FOR = 4;

/**
 * Learning rate of a step: linear warm-up from 0 (step 0 has rate 0), then half a cosine down to the final rate.
 * A pure function of the step, so that a resumed run needs no state for it. Source: `get_learning_rate` in RIFE's train.py.
 * @param step optimizer step from 0; skipped steps count
 * @param steps steps of the whole run
 * @param devices replicas that train together; `scaleWithDevices` multiplies by devices / 4, as `world_size / 4` in train.py does
 */
export function learningRateAt(step: number, steps: number, options: ScheduleOptions, devices = 1): number {
  const {learningRate, finalLearningRate, warmupSteps} = options;
  if (options.scaleWithDevices) {
    const unscaled = {learningRate, finalLearningRate, warmupSteps, scaleWithDevices: false};
    return (learningRateAt(step, steps, unscaled) * devices) / TUNED_FOR;
  }
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  const fraction = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
  const amplitude = 0.5 + 0.5 * Math.cos(Math.PI * fraction);
  return (learningRate - finalLearningRate) * amplitude + finalLearningRate;
}
