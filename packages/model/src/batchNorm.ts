/** Batch norm of the blocks. Axes: B batch, H height, W width, C channels. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {stopGradient} from '@rife-train/engine/ops';
import {parameter} from './layers.js';

/**
 * Layer between a convolution and its activation: `name` is the convolution's layer, x and the
 * result are [B,H,W,C].
 */
export type Normalize = (name: string, x: tf.Tensor4D) => tf.Tensor4D;

/** PyTorch's defaults. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

const names = (layer: string) => {
  const at = (what: string) => `${layer}.norm.${what}`;
  return {gain: at('weight'), shift: at('bias'), mean: at('running_mean'), variance: at('running_var')};
};

/** (x - mean) / sqrt(variance + epsilon) * gain + shift, where `centred` is x - mean. */
function scaled(p: NamedTensors, layer: string, centred: tf.Tensor, variance: tf.Tensor): tf.Tensor4D {
  const {gain, shift} = names(layer);
  const inverse = tf.rsqrt(tf.add(variance, tf.scalar(EPSILON)));
  return tf.add(tf.mul(centred, tf.mul(inverse, parameter(p, gain))), parameter(p, shift));
}

const moved = (running: tf.Tensor, current: tf.Tensor) =>
  tf.add(running, tf.mul(tf.sub(current, running), tf.scalar(MOMENTUM)));

/**
 * `torch.nn.BatchNorm2d` in training: normalises by the (biased) mean and variance of the batch,
 * with gradients through both. Writes the new running statistics to `next`; there the variance is
 * the unbiased one.
 */
export function trainingNorm(p: NamedTensors, next: NamedTensors): Normalize {
  return (layer, x) => {
    const at = names(layer);
    const [batch, height, width] = x.shape;
    const count = batch * height * width;
    const mean = tf.mean(x, [0, 1, 2]);
    const centred = tf.sub(x, mean);
    const variance = tf.mean(tf.square(centred), [0, 1, 2]);
    const unbiased = tf.mul(stopGradient(variance), tf.scalar(count / Math.max(1, count - 1)));
    next[at.mean] = moved(parameter(p, at.mean), stopGradient(mean));
    next[at.variance] = moved(parameter(p, at.variance), unbiased);
    return scaled(p, layer, centred, variance);
  };
}

/** `torch.nn.BatchNorm2d` after `eval()`: normalises by the running statistics. */
export const runningNorm =
  (p: NamedTensors): Normalize =>
  (layer, x) => {
    const {mean, variance} = names(layer);
    return scaled(p, layer, tf.sub(x, parameter(p, mean)), parameter(p, variance));
  };
