/** Weight of the distillation loss: a number, a schedule, or a function of progress. */
import {
  definePlugin,
  lossTermOf,
  type LossState,
  type Progress,
  type RifePlugin,
  type Trace,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {checkOptions} from './checkOptions.js';
import type {DistillSchedule} from './schedule.js';

export {scheduledWeight, type DistillSchedule} from './schedule.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Weight of the distillation term in this step. */
    'distill/weight': true;
  }
}

export interface DistillOptions {
  /**
   * Factor of the distillation term, 0 or more; a function is evaluated at every step. The number 0 takes the term out of the
   * graph. @default 0.01, RIFE's own
   */
  weight?: number | ((progress: Progress) => number);
  /** A weight that changes over the run; instead of `weight`. */
  schedule?: DistillSchedule;
}

export const NAME = 'rife:distill';
const TERM = 'distill';

/**
 * Sets the weight of the loss term `distill`, whatever it was before.
 * @throws RIFE_ERR_PLUGIN_LOSS_TERM when there is no such term
 */
export function setDistillWeight(loss: LossState, weight: number | tf.Scalar): LossState {
  lossTermOf(loss, TERM, NAME);
  return {...loss, weights: {...loss.weights, [TERM]: weight}};
}

/**
 * Plugin that weighs the distillation term; logs `distill/weight`.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function distill(options: DistillOptions = {}): RifePlugin {
  const weight = checkOptions(NAME, options);
  const weigh = (loss: LossState, trace: Trace) => {
    const isFixed = typeof weight === 'number';
    const scalar = isFixed ? tf.scalar(weight) : trace.scalar('distill.weight', weight);
    trace.log('distill/weight', scalar);
    // A number, unlike a scalar that happens to be 0, lets the trainer leave the term out: 0 * NaN would be NaN.
    return setDistillWeight(loss, isFixed ? weight : scalar);
  };
  return definePlugin({name: NAME, apply: ({hooks}) => hooks.afterLoss.tap(NAME, weigh)});
}
