/** Axes: B batch, H height, W width, C channels; tensors are [B,H,W,C]. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {
  conv2d,
  conv2dPrelu,
  deconv as transposedConv,
  deconvPrelu,
  depthwiseConv2d,
  dilatedConv2d,
  inFloat32,
  pointwiseConv2d,
  prelu,
} from '@rife-train/engine/ops';
import {modelParameterError} from '@rife-train/errors';

/** A parameter's tensor by name. @throws RIFE_ERR_MODEL_PARAMETER */
export function parameter<T extends tf.Tensor>(parameters: NamedTensors, name: string): T {
  const found = parameters[name];
  if (!found)
    throw modelParameterError(name, 'is missing', 'The network needs a value for each of its parameters');
  return found as T;
}

const weightOf = (p: NamedTensors, name: string) => parameter<tf.Tensor4D>(p, `${name}.weight`);
const biasOf = (p: NamedTensors, name: string) => parameter<tf.Tensor1D>(p, `${name}.bias`);
const slopeOf = (p: NamedTensors, name: string) => parameter<tf.Tensor1D>(p, `${name}.1.weight`);
const activate = (p: NamedTensors, name: string, x: tf.Tensor4D) => prelu(x, slopeOf(p, name));

/** 3x3 convolution without activation. */
export const plainConv = (p: NamedTensors, name: string, x: tf.Tensor4D, stride: 1 | 2 = 1) =>
  conv2d(x, weightOf(p, name), biasOf(p, name), stride);

/** Transposed 4x4 convolution to twice the size, without activation. */
export const plainDeconv = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  transposedConv(x, weightOf(p, name), biasOf(p, name));

/**
 * The last layer of a network, whose output is a flow, a mask or an image: float32 in any
 * precision. Its work is small, and a flow of 30 px that is rounded to bfloat16 is off by up to
 * 0.06 px.
 */
export const lastConv = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  inFloat32(() => plainConv(p, name, x));

/** As {@link lastConv}, transposed. */
export const lastDeconv = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  inFloat32(() => plainDeconv(p, name, x));

/** 3x3 convolution and PReLU; `between` runs on the convolution's output. */
export function conv(
  p: NamedTensors,
  name: string,
  x: tf.Tensor4D,
  stride: 1 | 2 = 1,
  between: ((name: string, x: tf.Tensor4D) => tf.Tensor4D) | undefined = undefined,
): tf.Tensor4D {
  const at = `${name}.0`;
  if (between) return activate(p, name, between(name, plainConv(p, at, x, stride)));
  return conv2dPrelu(x, weightOf(p, at), biasOf(p, at), slopeOf(p, name), stride);
}

/** Transposed convolution to twice the size, and PReLU. */
export const deconv = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  deconvPrelu(x, weightOf(p, `${name}.0`), biasOf(p, `${name}.0`), slopeOf(p, name));

/** The reference's Conv2: to half the size, then a second convolution. */
export const twoConvs = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  conv(p, `${name}.conv2`, conv(p, `${name}.conv1`, x, 2));

/** 1x1 convolution without activation. */
export const pointwise = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  pointwiseConv2d(x, weightOf(p, name), biasOf(p, name));

/** 3x3 convolution with `rate` pixels between its taps, and PReLU. */
export const dilatedConv = (p: NamedTensors, name: string, x: tf.Tensor4D, rate: number) =>
  activate(p, name, dilatedConv2d(x, weightOf(p, `${name}.0`), biasOf(p, `${name}.0`), rate));

/** Depthwise convolution and PReLU. */
export const largeConv = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  activate(p, name, depthwiseConv2d(x, weightOf(p, `${name}.0`), biasOf(p, `${name}.0`)));

/** Channels begin .. begin + count. */
export function channels(x: tf.Tensor4D, begin: number, count: number): tf.Tensor4D {
  const [batch, height, width] = x.shape;
  return tf.slice(x, [0, 0, 0, begin], [batch, height, width, count]);
}

/** Concatenation along the channels. */
export const concatChannels = (parts: tf.Tensor4D[]) => tf.concat(parts, 3);
