/**
 * Factors that make the weight depend on the sample. Axes: B batch, H height, W width, F = 4 flow
 * channels.
 */
import type {FlowInfo, LossWeight, PluginTrainer, Trace} from '@rife-train/core';
import {meanPerSample, rmsOverChannels, stopGradient} from '@rife-train/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type {DistillAdapt} from './options.js';

/**
 * Size of a flow: the mean over the pixels of the root mean square over the four channels, in
 * pixels. It is the distance that the distillation term measures, from a flow that is 0 everywhere.
 * @param flow [B,H,W,F]
 * @returns [B], without gradient
 */
export const flowSize = (flow: tf.Tensor4D): tf.Tensor1D =>
  meanPerSample(rmsOverChannels(stopGradient(flow)));

/**
 * `reference / size`, and 1 if the size is below the reference: in a still sample there is only
 * noise to pull. NaN if the size is not finite, so that a runaway flow does not get weight 0 and
 * disappear from view.
 * @param size [B], 0 or more
 */
export function flowFactor(size: tf.Tensor1D, reference: number): tf.Tensor1D {
  const factor = tf.div<tf.Tensor1D>(reference, tf.maximum(size, reference));
  return tf.where(tf.isFinite(size), factor, tf.sub<tf.Tensor1D>(size, size));
}

/** `crop / side`, where the side of a crop that is not square is the root of its area. */
export function cropFactor(crop: PluginTrainer['config']['data']['crop'], reference: number): number {
  const [height, width] = typeof crop === 'number' ? [crop, crop] : crop;
  return reference / Math.sqrt(height * width);
}

/** Sums the blocks' flows of each trace; after the last block the sum is the teacher's flow. */
export class FlowSum {
  private readonly sums = new WeakMap<Trace, tf.Tensor4D>();

  /** A tap of `flow`, to run after those that change it. */
  readonly tap = (flow: tf.Tensor4D, {stage}: FlowInfo, trace: Trace): tf.Tensor4D => {
    if (!trace.training) return flow;
    const before = stage === 0 ? undefined : this.sums.get(trace);
    const own = stopGradient(flow);
    this.sums.set(trace, before ? tf.add(before, own) : own);
    return flow;
  };

  /** [B,H,W,F], or undefined if the model has shown no flow. */
  of(trace: Trace): tf.Tensor4D | undefined {
    return this.sums.get(trace);
  }
}

/** Inputs of the factors. */
export interface AdaptInput {
  crop: PluginTrainer['config']['data']['crop'];
  /** [B] */
  gap: tf.Tensor1D;
  /** [B], see {@link flowSize}; needed for `flow` only. */
  size: tf.Tensor1D | undefined;
}

/**
 * The weight times all requested factors. The number 0 stays a number, so that the term stays out
 * of the graph.
 */
export function adaptedWeight(weight: LossWeight, adapt: DistillAdapt, input: AdaptInput): LossWeight {
  if (weight === 0) return weight;
  let result = weight;
  const times = (factor: number | tf.Tensor1D) => {
    const areNumbers = typeof result === 'number' && typeof factor === 'number';
    result = areNumbers ? Number(result) * Number(factor) : tf.mul<tf.Tensor1D>(result, factor);
  };
  if (adapt.crop !== undefined) times(cropFactor(input.crop, adapt.crop));
  if (adapt.gap !== undefined) times(tf.div<tf.Tensor1D>(adapt.gap, input.gap));
  if (adapt.flow !== undefined && input.size) times(flowFactor(input.size, adapt.flow));
  return result;
}
