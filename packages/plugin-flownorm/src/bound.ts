/**
 * A smooth bound on displacement. Axes: B batch, H height, W width, F = 4 flow channels (t->0 xy,
 * t->1 xy).
 */
import * as tf from '@tensorflow/tfjs-core';

/** Bound of each flow channel, in pixels, as float32. */
export interface Bound {
  /** No component of the result is larger. */
  limit: readonly number[];
  /** Up to here the flow is unchanged; above 0, below the limit. */
  knee: readonly number[];
}

/** The same limit for all channels; `knee` is a fraction of it. */
export function boundOf(limits: readonly number[], knee: number): Bound {
  const limit = limits.map(Math.fround);
  return {limit, knee: limit.map(x => Math.fround(x * knee))};
}

const row = (values: readonly number[]) => tf.tensor1d([...values], 'float32');

/** w / (w + e): the remaining part of the width w between knee and limit, e above the knee. */
function leftOver(x: tf.Tensor, {limit, knee}: Bound) {
  const width = row(limit.map((most, i) => Math.fround(most - knee[i]!)));
  const size = tf.abs(x);
  const excess = tf.sub(size, row(knee));
  return {size, excess, width, left: tf.div(width, tf.add(width, excess))};
}

function forward(x: tf.Tensor, bound: Bound): tf.Tensor {
  const {size, excess, width} = leftOver(x, bound);
  const beyond = tf.add(row(bound.knee), tf.mul(width, tf.div(excess, tf.add(width, excess))));
  return tf.where(tf.lessEqual(size, row(bound.knee)), x, tf.mul(tf.sign(x), beyond));
}

function backward(dy: tf.Tensor, x: tf.Tensor, bound: Bound): tf.Tensor {
  const {size, left} = leftOver(x, bound);
  return tf.where(tf.lessEqual(size, row(bound.knee)), dy, tf.mul(dy, tf.square(left)));
}

/**
 * Each component x of a flow, bounded. Up to the knee k it is x itself, bit for bit; beyond it
 * sign(x) (k + w e / (w + e)) with e = |x| - k and w = limit - k. Value and slope are continuous at
 * the knee. The slope (w / (w + e))^2 falls with the square of the excess. That of a tanh falls
 * exponentially and is exactly 0 in float32 some nine widths after the knee: a component beyond
 * that could never return. NaN and Infinity in, NaN out.
 * @param flow [B,H,W,F] in pixels
 */
export const boundFlow = (flow: tf.Tensor4D, bound: Bound): tf.Tensor4D =>
  tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: forward(x as tf.Tensor, bound),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved[0]!, bound),
    };
  })(flow) as tf.Tensor4D;

/** Share of the components beyond the knee. */
export const boundedShare = (flow: tf.Tensor4D, {knee}: Bound): tf.Scalar =>
  tf.mean<tf.Scalar>(tf.cast(tf.greater(tf.abs(flow), row(knee)), 'float32'));
