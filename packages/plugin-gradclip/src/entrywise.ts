/** Clipping of parts: single values, or units of a layer. Changes directions. */
import type {NamedTensors, TracedParameter} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

/** Gradients, and how many of the parts (values, units) were clipped. */
export interface Clipped {
  gradients: NamedTensors;
  count: tf.Scalar;
}

const countOf = (masks: readonly tf.Tensor[]): tf.Scalar =>
  tf.addN(masks.map(mask => tf.sum<tf.Scalar>(tf.cast(mask, 'float32'))));

/**
 * Limits every value to [-bound, bound]. NaN stays NaN; values within the bound are unchanged, bit
 * for bit.
 * @param bound above 0; Infinity for none
 */
export function clampGradients(gradients: NamedTensors, bound: tf.Scalar | number): Clipped {
  const masks: tf.Tensor[] = [];
  const clamp = (gradient: tf.Tensor) => {
    // By selection: the result of `minimum` for NaN depends on the backend. No comparison is true
    // for NaN.
    const isAbove = tf.greater(tf.abs(gradient), bound);
    masks.push(isAbove);
    return tf.where(isAbove, tf.mul(tf.sign(gradient), bound), gradient);
  };
  const clamped = Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, clamp(gradient)]),
  );
  return {gradients: clamped, count: countOf(masks)};
}

/** Norm of each unit, with the reduced axes kept. A tensor without a unit axis is one unit. */
function unitNorms(tensor: tf.Tensor, unitAxis: number | undefined): tf.Tensor {
  const axes = tensor.shape.map((_, axis) => axis).filter(axis => axis !== unitAxis);
  return tf.sqrt(tf.sum(tf.square(tensor), axes, true));
}

/** Options of {@link clipUnits}. */
export interface UnitBound {
  /**
   * Largest norm of a unit's gradient, as a share of the norm of its weights; Infinity for no
   * bound.
   */
  ratio: tf.Scalar | number;
  /** Lower limit of the weights' norm, so that fresh zeros can learn. */
  floor: number;
}

/**
 * Adaptive gradient clipping of Brock et al. 2021: where a unit's gradient is larger than `ratio`
 * times its weights, it is scaled down to that.
 * @param parameterOf weights and spec of a gradient's parameter; `spec.unitAxis` defines a unit
 */
export function clipUnits(
  gradients: NamedTensors,
  parameterOf: (name: string) => TracedParameter,
  {ratio, floor}: UnitBound,
): Clipped {
  const masks: tf.Tensor[] = [];
  const clip = (name: string, gradient: tf.Tensor) => {
    const {value, spec} = parameterOf(name);
    const bound = tf.mul(tf.maximum(unitNorms(value, spec.unitAxis), floor), ratio);
    const norm = unitNorms(gradient, spec.unitAxis);
    const isAbove = tf.greater(norm, bound);
    masks.push(isAbove);
    return tf.mul(gradient, tf.where(isAbove, tf.div(bound, norm), tf.onesLike(norm)));
  };
  const clipped = Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, clip(name, gradient)]),
  );
  return {gradients: clipped, count: countOf(masks)};
}
