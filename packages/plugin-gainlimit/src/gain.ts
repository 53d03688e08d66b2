/** Gain of a convolution, and removal of its excess. Axes: I inputs, O outputs of a kernel. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Rounds of power iteration. The largest value matters only once it dominates, and then a few are
 * enough.
 */
const ROUNDS = 8;
/** Replaces a norm of 0, which a kernel of zeros has. */
const TINY = 1e-12;

const norm = (x: tf.Tensor) => tf.sqrt<tf.Scalar>(tf.sum<tf.Scalar>(tf.square(x)));
const unit = (x: tf.Tensor2D) => tf.div<tf.Tensor2D>(x, tf.maximum(norm(x), TINY));

/** The largest gain of a kernel, with its input and output directions. */
export interface Gain {
  /** Largest singular value. */
  value: tf.Scalar;
  /** [1,I] and [1,O], of length 1. */
  from: tf.Tensor2D;
  to: tf.Tensor2D;
}

/**
 * Largest gain of a convolution for a constant image: the largest singular value of its kernel
 * summed over the taps, by power iteration from a fixed start. NaN in, NaN out.
 * @param kernel [height,width,I,O]
 */
export function gainOf(kernel: tf.Tensor4D): Gain {
  const matrix = tf.sum<tf.Tensor2D>(kernel, [0, 1]);
  const start = Float32Array.from({length: kernel.shape[2]}, (_, i) => Math.sin(i + 1));
  let from = unit(tf.tensor2d(start, [1, start.length]));
  for (let round = 0; round < ROUNDS; round++)
    from = unit(tf.matMul(unit(tf.matMul(from, matrix)), matrix, false, true));
  const image = tf.matMul<tf.Tensor2D>(from, matrix);
  return {value: norm(image), from, to: unit(image)};
}

/**
 * The kernel without the excess of its largest gain over the bound. The excess is removed in that
 * one direction, evenly over the taps. At or below the bound the kernel is unchanged, bit for bit.
 * @param bound above 0; Infinity for none
 */
export function limitGain(kernel: tf.Tensor4D, {value, from, to}: Gain, bound: tf.Scalar): tf.Tensor4D {
  const [height, width] = kernel.shape;
  const excess = tf.div(tf.sub(value, bound), height * width);
  const less = tf.sub<tf.Tensor4D>(kernel, tf.mul(tf.matMul(from, to, true, false), excess));
  // By selection: Infinity - Infinity is NaN, and a comparison with NaN is false, so a kernel that
  // is not finite stays so.
  return tf.where<tf.Tensor4D>(tf.greater(value, bound), less, kernel);
}
