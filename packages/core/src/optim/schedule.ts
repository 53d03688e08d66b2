import type {OptimConfig} from '../contract/index.js';

/** What the schedule depends on. */
export type ScheduleOptions = Pick<OptimConfig, 'learningRate' | 'finalLearningRate' | 'warmupSteps'>;

/**
 * Learning rate of a step: linear warm-up from 0 (step 0 has rate 0), then half a cosine down to the final rate.
 * A pure function of the step, so that a resumed run needs no state for it. Source: `get_learning_rate` in RIFE's train.py.
 * @param step optimizer step from 0; skipped steps count
 * @param steps steps of the whole run
 */
export function learningRateAt(step: number, steps: number, options: ScheduleOptions): number {
  const {learningRate, finalLearningRate, warmupSteps} = options;
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  const fraction = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
  const amplitude = 0.5 + 0.5 * Math.cos(Math.PI * fraction);
  return (learningRate - finalLearningRate) * amplitude + finalLearningRate;
}
