/** Gain of a convolution, and removal of its excess. Axes: I inputs, O outputs of a kernel. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Rounds of power iteration. The largest value matters only once it dominates, and then a few are
 * enough.
 */
const ROUNDS = 8;
/** Replaces a norm of 0, which a kernel of zeros has. */
const TINY = 1e-12;

const lengths = (x: tf.Tensor) => tf.sqrt<tf.Tensor3D>(tf.sum<tf.Tensor3D>(tf.square(x), [1, 2], true));
const units = (x: tf.Tensor3D) => tf.div<tf.Tensor3D>(x, tf.maximum(lengths(x), TINY));
const overTaps = (kernel: tf.Tensor4D) => tf.sum<tf.Tensor2D>(kernel, [0, 1]);

/**
 * Power iteration on K matrices of one shape. They are scaled once, so that no round needs it: of
 * Frobenius norm n^(1/4), a matrix of rank n at most has its largest singular value within n^(-1/4)
 * and n^(1/4).
 * @param matrices [K,I,O]
 * @returns largest singular values [K,1,1] with their directions [K,1,I] and [K,1,O] of length 1
 */
function largestOf(matrices: tf.Tensor3D) {
  const [count, inputs, outputs] = matrices.shape;
  const scale = tf.mul(lengths(matrices), Math.min(inputs, outputs) ** -0.25);
  const scaled = tf.div<tf.Tensor3D>(matrices, tf.maximum(scale, TINY));
  const start = Float32Array.from({length: count * inputs}, (_, i) => Math.sin((i % inputs) + 1));
  let x: tf.Tensor3D = tf.tensor3d(start, [count, 1, inputs]);
  for (let round = 0; round < ROUNDS; round++) x = tf.matMul(tf.matMul(x, scaled), scaled, false, true);
  const from = units(x);
  const image = tf.matMul<tf.Tensor3D>(from, scaled);
  return {values: tf.mul(lengths(image), scale), from, to: units(image)};
}

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
  const {values, from, to} = largestOf(tf.expandDims(overTaps(kernel), 0));
  const row = (x: tf.Tensor3D) => tf.squeeze<tf.Tensor2D>(x, [0]);
  return {value: tf.reshape(values, []), from: row(from), to: row(to)};
}

/**
 * A gain below this counts as this where a change is compared with it: a layer of zeros could not
 * leave them otherwise. Fresh layers of the networks here have 1.1 to 1.4.
 */
const LEAST_GAIN = 0.1;

/** A kernel before and after an update. */
export interface KernelPair {
  before: tf.Tensor4D;
  next: tf.Tensor4D;
}

/** An update, compared with the kernel's gain. */
export interface Update {
  /** Largest gain of the kernel before the update. */
  gain: tf.Scalar;
  /** Largest gain of the difference, as a share of that. */
  change: tf.Scalar;
  /** The kernel after the update, with at most the allowed change. */
  kernel: tf.Tensor4D;
}

/** Items with the same key, in the order in which keys occur. */
const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): T[][] => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
};

/**
 * The part of each update that changes no singular value of its kernel (summed over the taps) by
 * more than `most` of the largest one; by Weyl's inequality none changes by more than the largest
 * one of the update itself. A smaller update is unchanged, bit for bit. NaN in, NaN out. Kernels of
 * one shape are measured together, since a graph has a price for each operation.
 * @param most above 0; Infinity for any change
 * @returns in the order of the pairs
 */
export function limitChanges(pairs: readonly KernelPair[], most: number): Update[] {
  const updates = new Map<KernelPair, Update>();
  for (const group of grouped(pairs, ({next}) => String(next.shape.slice(2)))) {
    const differences = group.map(({before, next}) => tf.sub<tf.Tensor4D>(next, before));
    const matrices = [...group.map(({before}) => before), ...differences].map(overTaps);
    const gains = tf.unstack(tf.reshape(largestOf(tf.stack(matrices) as tf.Tensor3D).values, [-1]));
    group.forEach((pair, i) => {
      const gain = gains[i] as tf.Scalar;
      const change = tf.div<tf.Scalar>(gains[group.length + i]!, tf.maximum(gain, LEAST_GAIN));
      updates.set(pair, {gain, change, kernel: partOf(pair, differences[i]!, change, most)});
    });
  }
  return pairs.map(pair => updates.get(pair)!);
}

function partOf({before, next}: KernelPair, difference: tf.Tensor4D, change: tf.Scalar, most: number) {
  const part = tf.add<tf.Tensor4D>(before, tf.mul(difference, tf.div(most, change)));
  // A comparison with NaN is false, so an update that is not finite stays so.
  return tf.where<tf.Tensor4D>(tf.greater(change, most), part, next);
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
