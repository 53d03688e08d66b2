/**
 * Loss terms of RIFE 4.x, one value per sample. Axes: B batch, H height, W width of the crop, F = 4
 * flow channels. Source: the author's training code of 4.25, including the weights of the terms.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {DistillTermOptions, Rife4TermWeights} from '../options.js';
import {meanAbsPerSample, meanPerSample, stopGradient} from '@rife-train/engine/ops';
import type {NamedTensors} from '@rife-train/core';
import type {Estimate} from '../ifNet.js';
import {distillTerm} from '../losses.js';
import type {EncodeHead} from './architecture.js';
import {encodeLayers} from './encode.js';
import {smoothTerm, ssimTerm} from './imageTerms.js';
import {ENCODE_TARGET} from './specs.js';

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

/** What the optional terms need beside the estimates. */
export interface MoreTermsInput {
  students: readonly Estimate[];
  teachers: readonly Estimate[];
  gt: tf.Tensor4D;
  p: NamedTensors;
  head: EncodeHead | undefined;
}

/**
 * Distance of frames to gt in the layers of the encoder's target: the sum over its layers of the
 * mean |difference| before activation. No gradient runs into gt or the target.
 */
function encodeTerm({students, teachers, gt, p, head}: MoreTermsInput): tf.Tensor1D {
  const frames = [...students, ...teachers].map(({merged}) => merged);
  const layersOf = (images: tf.Tensor4D) => encodeLayers(p, images, head!, ENCODE_TARGET);
  // All frames in one batch.
  const layers = layersOf(tf.concat(frames, 0));
  const distances = layersOf(gt).map((exact, layer) => {
    const target = stopGradient(exact);
    const parts = tf.split(layers[layer]!, frames.length, 0);
    return parts.map(part => meanAbsPerSample(tf.sub(part, target)));
  });
  const factorOf = (i: number) => (i < students.length ? BLOCK_FACTOR ** (students.length - 1 - i) : 1);
  return sum(frames.map((_, i) => tf.mul(sum(distances.map(each => each[i]!)), factorOf(i))));
}

/**
 * The terms that `model.terms` gives a weight.
 * - `ssim`: 1 - SSIM of the last frame. The author adds -SSIM, which differs by a constant;
 * - `encode`: distance of all frames to gt in the encoder's features, blocks weighted as in
 *   `reconstruction`;
 * - `smooth`: Sobel derivatives of the last flow.
 */
export function moreTerms(weights: Rife4TermWeights, input: MoreTermsInput): Record<string, tf.Tensor1D> {
  const last = input.students.at(-1)!;
  const compute = {
    ssim: () => ssimTerm(last.merged, input.gt),
    encode: () => encodeTerm(input),
    smooth: () => smoothTerm(last.flow),
  };
  const wanted = Object.entries(compute).filter(([name]) => weights[name as keyof Rife4TermWeights]);
  return Object.fromEntries(wanted.map(([name, term]) => [name, term()]));
}
