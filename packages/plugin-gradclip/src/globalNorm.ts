/** Clipping by the global norm. */
import {globalNorm as normOf, type NamedTensors} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

/** L2 norm of all gradients taken as one vector. NaN or Infinity in, NaN or Infinity out. */
export const globalNorm = (gradients: NamedTensors): tf.Scalar => normOf(Object.values(gradients));

/**
 * Does `clipByNorm` change the gradients? Boolean scalar. A bound of 0, which statistics of nothing but zeros give, bounds
 * nothing: it would silence every gradient from then on.
 */
function exceeds(norm: tf.Scalar, bound: tf.Scalar | number): tf.Scalar {
  const above = tf.logicalAnd<tf.Scalar>(tf.isFinite(norm), tf.greater(norm, bound));
  return tf.logicalAnd(above, tf.greater(bound, 0));
}

/**
 * Factor that brings a norm down to a bound: exactly 1 at or below it. Where the norm is not finite no factor means anything (NaN
 * would spread into every gradient, `bound / Infinity` would silence them all), and it is 1 too.
 *
 * @param bound above 0; Infinity for none
 */
export function normFactor(norm: tf.Scalar, bound: tf.Scalar | number): tf.Scalar {
  // By selection, since a product can't take NaN out.
  return tf.where<tf.Scalar>(exceeds(norm, bound), tf.div<tf.Scalar>(bound, norm), tf.onesLike(norm));
}

/** 1 when {@link clipByNorm} changes the gradients, else 0. */
export function isClipped(norm: tf.Scalar, bound: tf.Scalar | number): tf.Scalar {
  return tf.cast(exceeds(norm, bound), 'float32');
}

/** All gradients times one factor. */
export function scale(gradients: NamedTensors, factor: tf.Scalar): NamedTensors {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]),
  );
}

/**
 * Scales all gradients by one factor, so that their global norm is at most `bound` and their direction stays. At or below the
 * bound they come out bit for bit; where the norm is not finite they come out as they went in, for whoever checks later.
 */
export function clipByNorm(
  gradients: NamedTensors,
  norm: tf.Scalar,
  bound: tf.Scalar | number,
): NamedTensors {
  return scale(gradients, normFactor(norm, bound));
}
