/**
 * Axes: B batch, H height, W width of the crop, C channels. Both images go through as one batch of
 * 2B.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {resize, warp} from '@rife-train/engine/ops';
import {fusedLevels} from './contextFusion.js';
import {twoConvs} from './layers.js';
import {CONTEXT_CHANNELS} from './parameters.js';

/** Warped features of one stage for img0 and img1, each [B,h,w,C]. */
export type ContextFeatures = [of0: tf.Tensor4D, of1: tf.Tensor4D];

/**
 * Features of both images at 1/2, 1/4, 1/8 and 1/16 of the size, warped with the flow at that size.
 * Each stage passes its features on to the next one unwarped and unfused.
 * @param img0 img1 [B,H,W,3]
 * @param flow0 flow1 [B,H,W,2] with which img0 and img1 are sampled
 * @param fusion whether the levels are fused before they are warped
 */
export function contextNet(
  p: NamedTensors,
  [img0, img1]: [tf.Tensor4D, tf.Tensor4D],
  [flow0, flow1]: [tf.Tensor4D, tf.Tensor4D],
  fusion = false,
): ContextFeatures[] {
  let features = tf.concat([img0, img1], 0);
  const levels = CONTEXT_CHANNELS.map(
    (_, stage) => (features = twoConvs(p, `contextnet.conv${stage + 1}`, features)),
  );
  let flow = tf.concat([flow0, flow1], 0);
  return (fusion ? fusedLevels(p, levels) : levels).map(level => {
    flow = tf.mul(resize(flow, 0.5), tf.scalar(0.5));
    return tf.split(warp(level, flow), 2, 0) as ContextFeatures;
  });
}
