/**
 * Loss terms, one value per sample. Axes: B batch, H height, W width of the crop, C channels, F = 4
 * flow channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {DistillTermOptions} from './options.js';
import {laplacianLoss, meanPerSample, rmsOverChannels, stopGradient} from '@rife-train/engine/ops';
import type {Estimate} from './ifNet.js';

/**
 * Laplacian loss of the refined and of the teacher's frame. The pyramid is linear, so both
 * differences share one, as a batch of 2B.
 */
export function imageTerms(refined: tf.Tensor4D, teacher: tf.Tensor4D, gt: tf.Tensor4D) {
  const batch = gt.shape[0];
  const both = laplacianLoss(tf.concat([tf.sub(refined, gt), tf.sub(teacher, gt)], 0) as tf.Tensor4D);
  return {reconstruction: tf.slice(both, [0], [batch]), teacher: tf.slice(both, [batch], [batch])};
}

/** [B,H,W,1]: mean |image - gt| over the channels; without gradient. */
const pixelError = (image: tf.Tensor4D, gt: tf.Tensor4D) =>
  tf.mean(tf.abs(tf.sub(stopGradient(image), gt)), 3, true);

/**
 * Pulls every student's flow to the teacher's where the teacher's frame is better: sum over the
 * students of mean(sqrt(mean over F of (teacher - student)^2) * M), where M = 1 if the student's
 * error exceeds the teacher's by `margin`. Neither M nor the teacher's flow gets a gradient;
 * `merged` is the frame before refinement.
 * The safe root's gradient is 0 where both flows are equal. The reference has NaN there (an
 * infinite slope times 0); where the reference is finite, both agree.
 * @returns [B]
 */
export function distillTerm(
  students: readonly Estimate[],
  teacher: Estimate,
  gt: tf.Tensor4D,
  {margin = 0.01, root = 'safe', stages = []}: DistillTermOptions = {},
): tf.Tensor1D {
  const target = stopGradient(teacher.flow);
  const allowed = tf.add(pixelError(teacher.merged, gt), tf.scalar(margin));
  const part = ({flow, merged}: Estimate, factor: number) => {
    const better = tf.cast(tf.greater(pixelError(merged, gt), allowed), 'float32');
    const distance = rmsOverChannels(tf.sub(target, flow) as tf.Tensor4D, {root});
    const mean = meanPerSample(tf.mul(distance, better) as tf.Tensor4D);
    return factor === 1 ? mean : tf.mul<tf.Tensor1D>(mean, factor);
  };
  // A factor of 0 omits its part, since 0 * NaN is NaN.
  const terms = students.flatMap((student, i) => (stages[i] === 0 ? [] : [part(student, stages[i] ?? 1)]));
  return tf.addN(terms) as tf.Tensor1D;
}

/** The same estimate, through which no gradient flows back. */
export function detached({flow, halves, maskLogit, mask, warped, merged}: Estimate): Estimate {
  const pair = ([a, b]: readonly [tf.Tensor4D, tf.Tensor4D]): [tf.Tensor4D, tf.Tensor4D] => [
    stopGradient(a),
    stopGradient(b),
  ];
  return {
    flow: stopGradient(flow),
    halves: pair(halves),
    maskLogit: stopGradient(maskLogit),
    mask: stopGradient(mask),
    warped: pair(warped),
    merged: stopGradient(merged),
  };
}

/** Largest |flow component| of all estimates, in pixels; without gradient. */
export function largestFlow(estimates: readonly Estimate[]): tf.Scalar {
  const each = estimates.map(({flow}) => tf.max(tf.abs(stopGradient(flow))));
  return each.reduce((a, b) => tf.maximum(a, b)) as tf.Scalar;
}

/** Mean squared error per sample [B]; without gradient. */
export const squaredError = (image: tf.Tensor4D, gt: tf.Tensor4D) =>
  meanPerSample(tf.square(tf.sub(stopGradient(image), gt)) as tf.Tensor4D);
