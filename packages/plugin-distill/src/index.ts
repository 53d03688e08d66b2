/**
 * The distillation term: its weight over the run and by sample, where it pulls, and its gradient at
 * the kink.
 */
import {
  definePlugin,
  lossTermOf,
  optionError,
  type LossState,
  type LossWeight,
  type ModelOptions,
  type RifePlugin,
  type Trace,
} from '@rife-train/core';
import type {DistillTermOptions} from '@rife-train/model';
import * as tf from '@tensorflow/tfjs-core';
import {adaptedWeight, FlowSum, flowSize} from './adapt.js';
import {checkOptions, weightOf, type DistillOptions} from './options.js';

export {cropFactor, flowFactor, flowSize} from './adapt.js';
export {optionsSchema, type DistillAdapt, type DistillOptions} from './options.js';
export {scheduledWeight, type DistillRamp, type DistillSchedule, type DistillSteps} from './schedule.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /**
     * Weight of the distillation term in this step; the mean over the samples if it depends on
     * them.
     */
    'distill/weight': true;
    /** Size of the teacher's flow in pixels, mean over the samples; with `adapt.flow`. */
    'distill/flow': true;
  }
}

export const NAME = 'rife:distill';
const TERM = 'distill';
/** After the taps that change the flow. */
const LAST = 1000;

/**
 * Sets the weight of the loss term `distill`, whatever it was before.
 * @throws RIFE_ERR_PLUGIN_LOSS_TERM if there is no such term
 */
export function setDistillWeight(loss: LossState, weight: LossWeight): LossState {
  lossTermOf(loss, TERM, NAME);
  return {...loss, weights: {...loss.weights, [TERM]: weight}};
}

/** The options that the model implements; undefined if all have the model's own values. */
function termOptions({margin, root, stages, teacherInput}: DistillOptions): DistillTermOptions | undefined {
  const given = Object.entries({margin, root, stages: stages && [...stages], teacherInput}).filter(
    ([, value]) => value !== undefined,
  );
  return given.length > 0 ? (Object.fromEntries(given) as DistillTermOptions) : undefined;
}

const meanOf = (weight: LossWeight): tf.Scalar =>
  typeof weight === 'number' ? tf.scalar(weight) : tf.mean<tf.Scalar>(weight);

/**
 * Plugin that weights and shapes the distillation term; logs `distill/weight`.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function distill(options: DistillOptions = {}): RifePlugin {
  const checked = checkOptions(NAME, options);
  const weight = weightOf(NAME, checked);
  const {adapt = {}} = checked;
  const term = termOptions(checked);
  return definePlugin({
    name: NAME,
    options: checked,
    apply(trainer) {
      const {hooks} = trainer;
      const flows = new FlowSum();
      const sizeIn = (trace: Trace) => {
        const flow = flows.of(trace);
        if (!flow) throw optionError(NAME, 'adapt.flow', adapt.flow, 'left out: this model shows no flow');
        const size = flowSize(flow);
        trace.log('distill/flow', tf.mean<tf.Scalar>(size));
        return size;
      };
      // A number, unlike a scalar that happens to be 0, lets the trainer omit the term: 0 * NaN
      // would be NaN.
      const baseIn = (loss: LossState, trace: Trace) =>
        typeof weight === 'function'
          ? trace.scalar('distill.weight', weight)
          : (weight ?? loss.weights[TERM] ?? 1);
      const weigh = (loss: LossState, trace: Trace) => {
        const size = adapt.flow === undefined ? undefined : sizeIn(trace);
        const input = {crop: trainer.config.data.crop, gap: trace.gap, size};
        const own = adaptedWeight(baseIn(loss, trace), adapt, input);
        trace.log('distill/weight', meanOf(own));
        return setDistillWeight(loss, own);
      };
      const change = (model: ModelOptions) => ({...model, distill: {...model.distill, ...term}});
      if (term) hooks.model.tap(NAME, change);
      if (adapt.flow !== undefined) hooks.flow.tap({name: NAME, stage: LAST}, flows.tap);
      hooks.afterLoss.tap(NAME, weigh);
    },
  });
}
