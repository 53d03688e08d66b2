/**
 * The whole network. Axes: B batch, H height, W width of the crop, C channels, F = 4 flow channels
 * (t->0 xy, t->1 xy) in pixels of the crop. Nothing is detached: gradients run through all blocks,
 * and the teacher's input is the student's live flow, mask and warped images.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, NamedTensors, Scope} from '@rife-train/core';
import {clamp01, warpFrom, warpSource, type WarpSource} from '@rife-train/engine/ops';
import type {Extras} from './architecture.js';
import type {Normalize} from './batchNorm.js';
import {contextNet} from './contextNet.js';
import {ifBlock} from './ifBlock.js';
import {channels, concatChannels} from './layers.js';
import {unet} from './unet.js';

/** Inputs of the blocks besides weights. */
export interface NetworkInput {
  /** [B,H,W,6]: img0, img1. */
  pair: tf.Tensor4D;
  /** [B], for networks that see it. */
  timestep: tf.Tensor1D | undefined;
  /** Scale of each student block. */
  scales: readonly number[];
  flowTap: FlowTap;
  normalize: Normalize | undefined;
  /** Called with the part that is being computed. @default no-op */
  scope?: Scope | undefined;
  /** What the options add to the reference's network. @default nothing */
  extras?: Extras;
}

/** One estimate of the frame at t. */
export interface Estimate {
  /** [B,H,W,F], accumulated. */
  flow: tf.Tensor4D;
  /** [B,H,W,2] each: the part of `flow` with which img0 is sampled, and img1's. */
  halves: [tf.Tensor4D, tf.Tensor4D];
  /** [B,H,W,1], accumulated, before the sigmoid. */
  maskLogit: tf.Tensor4D;
  /** [B,H,W,1] in (0,1). */
  mask: tf.Tensor4D;
  /** [B,H,W,3]: img0 and img1, warped with `flow`. */
  warped: [tf.Tensor4D, tf.Tensor4D];
  /** [B,H,W,3]: mask * warped[0] + (1 - mask) * warped[1]. */
  merged: tf.Tensor4D;
}

/** img0 and img1 apart, and as sources of warps. */
export interface Sources {
  images: [tf.Tensor4D, tf.Tensor4D];
  warps: [WarpSource, WarpSource];
}

export function sourcesOf(pair: tf.Tensor4D): Sources {
  const images: [tf.Tensor4D, tf.Tensor4D] = [channels(pair, 0, 3), channels(pair, 3, 3)];
  return {images, warps: [warpSource(images[0]), warpSource(images[1])]};
}

/**
 * The halves with which img0 and img1 are sampled. One split: its gradient is one concatenation,
 * not two paddings.
 */
const flowHalves = (flow: tf.Tensor4D) => tf.split(flow, 2, 3) as [tf.Tensor4D, tf.Tensor4D];

/** Used if no observer is given. */
export const unscoped: Scope = (_name, run) => run();

/** Always the original images, with the accumulated flow. */
export function estimate({warps}: Sources, flow: tf.Tensor4D, maskLogit: tf.Tensor4D): Estimate {
  const options = {imageGradient: false};
  const halves = flowHalves(flow);
  const warped0 = warpFrom(warps[0], halves[0], options);
  const warped1 = warpFrom(warps[1], halves[1], options);
  const mask = tf.sigmoid(maskLogit);
  const merged = tf.add(warped1, tf.mul(tf.sub(warped0, warped1), mask)) as tf.Tensor4D;
  return {flow, halves, maskLogit, mask, warped: [warped0, warped1], merged};
}

/** Inputs of the blocks after the first, besides the flow. */
const imagesFor = (pair: tf.Tensor4D, {warped, maskLogit}: Estimate) => [pair, ...warped, maskLogit];

/** Estimates of the student blocks, coarse to fine. */
export function studentEstimates(p: NamedTensors, input: NetworkInput, sources: Sources): Estimate[] {
  const {pair, timestep, scales, flowTap, normalize, scope = unscoped, extras} = input;
  const estimates: Estimate[] = [];
  scales.forEach((scale, stage) => {
    const before = estimates.at(-1);
    const block = `block${stage}`;
    const images = before ? imagesFor(pair, before) : [pair];
    const wide = extras?.blocks[stage];
    const own = scope(block, () =>
      ifBlock(p, block, {images, flow: before?.flow, timestep, normalize, wide}, scale),
    );
    const flow = flowTap(own.flow, {block, stage, scale, role: 'student'});
    estimates.push(
      scope(`warp of ${block}`, () =>
        before
          ? estimate(sources, tf.add(before.flow, flow), tf.add(before.maskLogit, own.maskLogit))
          : estimate(sources, flow, own.maskLogit),
      ),
    );
  });
  return estimates;
}

/**
 * The privileged teacher: it starts from the last student's estimate, at full size, and sees `gt`
 * [B,H,W,3].
 */
export function teacherEstimate(
  p: NamedTensors,
  {pair, timestep, scales, flowTap, normalize, scope = unscoped}: NetworkInput,
  sources: Sources,
  student: Estimate,
  gt: tf.Tensor4D,
): Estimate {
  const block = 'block_tea';
  const images = [...imagesFor(pair, student), gt];
  const own = scope(block, () => ifBlock(p, block, {images, flow: student.flow, timestep, normalize}, 1));
  const flow = flowTap(own.flow, {block, stage: scales.length, scale: 1, role: 'teacher'});
  return scope(`warp of ${block}`, () =>
    estimate(sources, tf.add(student.flow, flow), tf.add(student.maskLogit, own.maskLogit)),
  );
}

/** The last student's merged frame, corrected by context net and U-net; [B,H,W,3] in 0..1. */
export function refine(
  p: NamedTensors,
  pair: tf.Tensor4D,
  {images}: Sources,
  student: Estimate,
  extras?: Extras,
  scope: Scope = unscoped,
): tf.Tensor4D {
  const {flow, halves, maskLogit, warped, merged} = student;
  const context = scope('contextnet', () => contextNet(p, images, halves, extras?.fusion));
  const correction = scope('unet', () =>
    unet(p, concatChannels([pair, ...warped, maskLogit, flow]), context, extras?.bottom),
  );
  const residual = tf.sub(tf.mul(correction, tf.scalar(2)), tf.scalar(1));
  return clamp01(tf.add(merged, residual) as tf.Tensor4D);
}
