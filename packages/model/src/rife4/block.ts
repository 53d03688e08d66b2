/**
 * A block of RIFE 4.x. Axes: B batch, H height, W width of the full crop, C channels, F = 4 flow
 * channels; s the block's scale. Inside, tensors are [B, H/4s, W/4s, C].
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {conv2d, depthToSpace, leakyRelu, resize} from '@rife-train/engine/ops';
import {timestepPlane} from '../ifBlock.js';
import {channels, concatChannels, conv, lastDeconv, parameter, plainConv} from '../layers.js';
import {FLOW, type Rife4Architecture} from './architecture.js';
import {CONVS_PER_BLOCK, SHUFFLE} from './specs.js';

const SLOPE = 0.2;
const MASK = 1;

/** Inputs of a block; all but the timestep are [B,H,W,*]. */
export interface Rife4BlockInput {
  /**
   * The two images, and their features where the network has an encoder: original ones in block 0,
   * else warped.
   */
  images: tf.Tensor4D[];
  /** [B] */
  timestep: tf.Tensor1D;
  /** [B,H,W,1] logit after the previous block, and the features that it passes on. */
  carried: tf.Tensor4D[];
  /** [B,H,W,F] after the previous block. */
  flow: tf.Tensor4D | undefined;
}

/** Output of a block, in pixels of the full crop; all [B,H,W,*]. */
export interface Rife4BlockOutput {
  flow: tf.Tensor4D;
  maskLogit: tf.Tensor4D;
  /** Present if the network passes features on. */
  features: tf.Tensor4D | undefined;
  /** [B,H,W,1]: the block's confidence, if it outputs one; only training uses it. */
  confidence(): tf.Tensor4D | undefined;
}

/** All inputs at the block's size, in the order of the weights, flow last. */
function atScale({images, timestep, carried, flow}: Rife4BlockInput, scale: number): tf.Tensor4D {
  const small = (x: tf.Tensor4D) => resize(x, 1 / scale);
  const seen = images.map(small);
  const plane = timestepPlane(timestep, seen[0]!.shape);
  const parts = [...seen, plane, ...carried.map(small)];
  if (flow) parts.push(scale === 1 ? flow : tf.mul(small(flow), tf.scalar(1 / scale)));
  return concatChannels(parts);
}

/** 3x3 convolution in groups, each of which sees its part of the channels. */
function groupedConv(p: NamedTensors, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D {
  if (groups === 1) return plainConv(p, name, x);
  const split = <T extends tf.Tensor>(tensor: T, axis: number) => tf.split(tensor, groups, axis) as T[];
  const kernels = split(parameter<tf.Tensor4D>(p, `${name}.weight`), 3);
  const biases = split(parameter<tf.Tensor1D>(p, `${name}.bias`), 0);
  return concatChannels(split(x, 3).map((part, i) => conv2d(part, kernels[i]!, biases[i]!)));
}

/** LeakyReLU(conv(x) * beta + x). */
function residualConv(p: NamedTensors, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const inner = groupedConv(p, `${name}.conv`, x, groups);
  const beta = parameter<tf.Tensor1D>(p, `${name}.beta`);
  return leakyRelu(tf.add(tf.mul(inner, beta), x) as tf.Tensor4D, SLOPE);
}

function features(p: NamedTensors, name: string, x: tf.Tensor4D, arch: Rife4Architecture): tf.Tensor4D {
  const {activation, convs, skip, groups} = arch;
  const activated = (at: string, input: tf.Tensor4D, stride: 1 | 2 = 1) =>
    activation === 'prelu'
      ? conv(p, at, input, stride)
      : leakyRelu(plainConv(p, `${at}.0`, input, stride), SLOPE);
  const start = activated(`${name}.conv0.1`, activated(`${name}.conv0.0`, x, 2), 2);
  let y = start;
  for (let i = 0; i < CONVS_PER_BLOCK; i++) {
    const at = `${name}.convblock.${i}`;
    y = convs === 'residual' ? residualConv(p, at, y, groups) : activated(at, y);
  }
  return skip ? tf.add(y, start) : y;
}

/** Runs the block `name` (`block0`) at `scale`. */
export function rife4Block(
  p: NamedTensors,
  name: string,
  input: Rife4BlockInput,
  scale: number,
  arch: Rife4Architecture,
): Rife4BlockOutput {
  const x = features(p, name, atScale(input, scale), arch);
  const last =
    arch.shuffled === 0
      ? lastDeconv(p, `${name}.lastconv`, x)
      : depthToSpace(lastDeconv(p, `${name}.lastconv.0`, x), SHUFFLE);
  const factor = arch.shuffled === 0 ? 2 * scale : scale;
  const rest = last.shape[3] - FLOW - MASK;
  const [flow, maskLogit, handedOn] = tf.split(last, [FLOW, MASK, ...(rest > 0 ? [rest] : [])], 3) as [
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D | undefined,
  ];
  // 4.6 and similar versions output only their confidence; later ones have it as the first of their
  // features.
  const enlarged = arch.features > 0 ? resize(handedOn!, factor) : undefined;
  return {
    flow: resize(factor === 1 ? flow : tf.mul(flow, tf.scalar(factor)), factor),
    maskLogit: resize(maskLogit, factor),
    features: enlarged,
    confidence: () => (enlarged ? channels(enlarged, 0, 1) : handedOn && resize(handedOn, factor)),
  };
}
