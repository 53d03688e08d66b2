/** Clipping by the global norm. */
import {globalNorm as normOf, type NamedTensors} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

/** L2 norm of all gradients taken as one vector. NaN or Infinity in, NaN or Infinity out. */
export const globalNorm = (gradients: NamedTensors): tf.Scalar => normOf(Object.values(gradients));

/**
 * Whether `clipByNorm` changes the gradients; boolean scalar. A bound of 0, which results from
 * statistics of zeros only, has no effect: it would set every later gradient to 0.
 */
function exceeds(norm: tf.Scalar, bound: tf.Scalar | number): tf.Scalar {
  const above = tf.logicalAnd<tf.Scalar>(tf.isFinite(norm), tf.greater(norm, bound));
  return tf.logicalAnd(above, tf.greater(bound, 0));
}

/**
 * Factor that reduces a norm to a bound: exactly 1 at or below it. It is also 1 where the norm is
 * not finite, where no factor is meaningful: NaN would spread into every gradient, and
 * `bound / Infinity` would set them all to 0.
 * @param bound above 0; Infinity for none
 */
export function normFactor(norm: tf.Scalar, bound: tf.Scalar | number): tf.Scalar {
  // By selection, since a product can't remove NaN.
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
 * Scales all gradients by one factor, so that their global norm is at most `bound` and their
 * direction stays. At or below the bound they are unchanged, bit for bit. If the norm is not finite
 * they are unchanged too, for later checks.
 */
export function clipByNorm(
  gradients: NamedTensors,
  norm: tf.Scalar,
  bound: tf.Scalar | number,
): NamedTensors {
  return scale(gradients, normFactor(norm, bound));
}
