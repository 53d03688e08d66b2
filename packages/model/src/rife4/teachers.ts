/**
 * Teachers of the blocks while a RIFE 4.x network trains. Axes: B batch, H height, W width of the
 * crop, F = 4 flow channels.
 * The privileged teacher is one more block that also sees the frame between: `block_tea` of 4.0,
 * `teacher` of 4.25. The confident teacher is the mean of the blocks' flows, weighted by the
 * confidence of each; it has no weights of its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {clamp01} from '@rife-train/engine/ops';
import {estimate, type Estimate} from '../ifNet.js';
import {rife4Block, type Rife4BlockInput} from './block.js';
import type {Rife4Input, Rife4Pass} from './network.js';
import {privilegedPlan} from './teacherPlan.js';

/**
 * 4.0's also sees the original images, 4.25's their features and the features that the last block
 * passes on.
 */
function privilegedInput(
  {sources, estimates, views}: Rife4Pass,
  timestep: tf.Tensor1D,
  gt: tf.Tensor4D,
): Rife4BlockInput {
  const last = estimates.at(-1)!;
  const {flow, maskLogit, warped, own} = last;
  if (!own.features) return {images: sources.images, timestep, carried: [...warped, maskLogit, gt], flow};
  const {images, features = []} = views();
  return {images: [...images, gt, ...features], timestep, carried: [maskLogit, own.features], flow};
}

/**
 * Starts from the last block's estimate; its mask replaces that one's if the network's blocks do
 * so.
 */
export function privilegedTeacher(
  p: NamedTensors,
  pass: Rife4Pass,
  {timestep, arch, flowTap, scales}: Omit<Rife4Input, 'pair'>,
  gt: tf.Tensor4D,
): Estimate {
  const {name, scale} = privilegedPlan(arch);
  const last = pass.estimates.at(-1)!;
  const own = rife4Block(p, name, privilegedInput(pass, timestep, gt), scale, arch);
  const flow = flowTap(own.flow, {block: name, stage: scales.length, scale, role: 'teacher'});
  const mask = arch.mask === 'add' ? tf.add<tf.Tensor4D>(last.maskLogit, own.maskLogit) : own.maskLogit;
  return estimate(pass.sources, tf.add(last.flow, flow), mask);
}

const LEAST_TRUST = 0.1;
/** x clamped to 0.1..1. */
const trust = (x: tf.Tensor4D) => {
  const span = 1 - LEAST_TRUST;
  const inside = clamp01(tf.div<tf.Tensor4D>(tf.sub(x, LEAST_TRUST), span));
  return tf.add<tf.Tensor4D>(tf.mul(inside, span), LEAST_TRUST);
};

/**
 * The mean of the blocks' estimates, weighted by confidence; undefined for versions without
 * confidence.
 */
export function confidentTeacher({sources, estimates}: Rife4Pass): Estimate | undefined {
  const given = estimates.flatMap(({own}) => own.confidence() ?? []);
  if (given.length < estimates.length) return undefined;
  const weights = given.map(trust);
  const total = tf.add(tf.addN(weights), 1e-3);
  const shares = weights.map(weight => tf.div<tf.Tensor4D>(weight, total));
  const mean = (of: (estimate: Estimate) => tf.Tensor4D) =>
    tf.addN(estimates.map((each, i) => tf.mul(of(each), shares[i]!))) as tf.Tensor4D;
  return estimate(
    sources,
    mean(({flow}) => flow),
    mean(({maskLogit}) => maskLogit),
  );
}
