/**
 * Loss terms of RIFE 4.x, one value per sample. Axes: B batch, H height, W width of the crop, F = 4
 * flow channels. Source: the author's training code of 4.25, including the weights of the terms.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {DistillTermOptions} from '../options.js';
import {meanAbsPerSample, meanPerSample} from '@rife-train/engine/ops';
import type {Estimate} from '../ifNet.js';
import {distillTerm} from '../losses.js';

/** Factor between the weight of a block and that of the next finer one. */
const BLOCK_FACTOR = 0.8;

export const TERM_WEIGHTS = {reconstruction: 0.1, teacher: 0.1, distill: 0.01, flow: 1e-5};

const sum = (terms: tf.Tensor1D[]) => tf.addN(terms) as tf.Tensor1D;
const distance = (image: tf.Tensor4D, gt: tf.Tensor4D) => meanAbsPerSample(tf.sub(image, gt) as tf.Tensor4D);

/** Mean length of a flow of both directions, [B]; bounded slope at 0. */
function flowLength(flow: tf.Tensor4D): tf.Tensor1D {
  const square = tf.sum<tf.Tensor4D>(tf.square(flow), 3, true);
  return meanPerSample(tf.sqrt(tf.add<tf.Tensor4D>(square, 1e-6)));
}

/**
 * - `reconstruction`: mean |merged - gt| of every block, with larger weights for finer ones;
 * - `teacher`: the same for the teachers;
 * - `distill`: how far the blocks' flows are from each teacher's where the teacher's frame is
 *   better. The author takes 0.005 of the length of the difference, which is 0.01 of the root mean
 *   square that {@link distillTerm} takes;
 * - `flow`: mean length of the last flow.
 */
export function rife4Terms(
  students: readonly Estimate[],
  teachers: readonly Estimate[],
  gt: tf.Tensor4D,
  distill: DistillTermOptions = {},
): Record<keyof typeof TERM_WEIGHTS, tf.Tensor1D> {
  const factorOf = (i: number) => BLOCK_FACTOR ** (students.length - 1 - i);
  const options = {margin: 0, ...distill};
  return {
    reconstruction: sum(students.map(({merged}, i) => tf.mul(distance(merged, gt), factorOf(i)))),
    teacher: sum(teachers.map(({merged}) => distance(merged, gt))),
    distill: sum(teachers.map(teacher => distillTerm(students, teacher, gt, options))),
    flow: flowLength(students.at(-1)!.flow),
  };
}
