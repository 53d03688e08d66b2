/**
 * Corrections that are too small to change the flow that they are added to. Axes: B batch, H
 * height, W width, F = 4.
 */
import type {FlowInfo, Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Share of the pixels whose correction is lost in float32: `flow + correction == flow` in all
 * channels, though the correction is not 0 in all of them. This happens below half a unit in the
 * last place: 0.01 pixels at a flow of 1e6. Where the teacher's correction is lost, its flow and
 * the student's are equal, and the release's distillation loss turns into NaN.
 * @param flow [B,H,W,F] before
 * @param sum [B,H,W,F] flow + correction
 */
export function absorbedShare(flow: tf.Tensor4D, sum: tf.Tensor4D, correction: tf.Tensor4D): tf.Scalar {
  const isSame = tf.all(tf.equal(sum, flow), 3);
  const isWanted = tf.any(tf.notEqual(correction, 0), 3);
  return tf.mean<tf.Scalar>(tf.cast(tf.logicalAnd(isSame, isWanted), 'float32'));
}

/** Sums the blocks' flows of each trace, as the network does, and measures what is lost. */
export class FlowSum {
  private readonly sums = new WeakMap<Trace, tf.Tensor4D>();

  /** {@link absorbedShare} of a block; undefined for the first, which is added to nothing. */
  add(correction: tf.Tensor4D, {stage}: FlowInfo, trace: Trace): tf.Scalar | undefined {
    const before = stage === 0 ? undefined : this.sums.get(trace);
    const sum = before ? tf.add<tf.Tensor4D>(before, correction) : correction;
    this.sums.set(trace, sum);
    return before && absorbedShare(before, sum, correction);
  }
}
