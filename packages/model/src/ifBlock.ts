/**
 * One block of IFNet. Axes: B batch, H height, W width of the full crop, C channels, F = 4 flow
 * channels; s the block's scale. Inside, tensors are [B, H/4s, W/4s, C].
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {resize, rawOp} from '@rife-train/engine/ops';
import type {WideKind} from './architecture.js';
import type {Normalize} from './batchNorm.js';
import {concatChannels, conv, lastDeconv} from './layers.js';
import {widened} from './wideBranch.js';

const CONVS = 8;
const FLOW_CHANNELS = 4;

/** Estimates of a block, before they are added to the previous ones. */
export interface BlockOutput {
  /** [B,H,W,F] in pixels of the full crop. */
  flow: tf.Tensor4D;
  /** [B,H,W,1], before the sigmoid. */
  maskLogit: tf.Tensor4D;
}

/** Inputs of a block. */
export interface BlockInput {
  /** [B,H,W,*] each, in the order of the weights; the first holds img0 and img1. */
  images: tf.Tensor4D[];
  /** [B,H,W,F] accumulated flow; undefined for the first block. */
  flow?: tf.Tensor4D | undefined;
  /** [B] for networks that see it: one constant channel directly after img0 and img1. */
  timestep?: tf.Tensor1D | undefined;
  /** Between each convolution and its activation. @default nothing */
  normalize?: Normalize | undefined;
  /** Branch that widens the receptive field. @default 'none' */
  wide?: WideKind | undefined;
}

/** [B,height,width,1], constant per sample; without a gradient. */
function constantPlanes(timestep: tf.Tensor, [batch, height, width]: number[]): tf.Tensor {
  const column = tf.reshape(timestep, [batch!, 1, 1, 1]);
  const shape = tf.tensor1d([batch!, height!, width!, 1], 'int32');
  return rawOp('BroadcastTo', [column, shape], {T: {type: 'float32'}, Tidx: {type: 'int32'}});
}

/** [B,height,width,1], constant per sample. A time may be predicted, so it has a gradient. */
export function timestepPlane(timestep: tf.Tensor1D, shape: number[]): tf.Tensor4D {
  const plane = tf.customGrad(time => ({
    value: constantPlanes(time as tf.Tensor, shape),
    gradFunc: dy => tf.sum(dy, [1, 2, 3]),
  }));
  return plane(timestep) as tf.Tensor4D;
}

/**
 * All inputs at the block's size, flow last. Parts are resized one by one: input images then need
 * no gradient.
 */
function blockInput({images, flow, timestep}: BlockInput, scale: number): tf.Tensor4D {
  const small = images.map(x => resize(x, 1 / scale));
  if (timestep) small.splice(1, 0, timestepPlane(timestep, small[0]!.shape));
  if (flow) small.push(scale === 1 ? flow : tf.mul(resize(flow, 1 / scale), tf.scalar(1 / scale)));
  return small.length === 1 ? small[0]! : concatChannels(small);
}

/**
 * Flow and mask from lastconv's 5 channels at 1/2s; the scaling comes first, where there are fewer
 * pixels.
 */
function blockOutput(last: tf.Tensor4D, scale: number): BlockOutput {
  const factor = 2 * scale;
  const [flow, maskLogit] = tf.split(last, [FLOW_CHANNELS, 1], 3) as [tf.Tensor4D, tf.Tensor4D];
  return {
    flow: resize(tf.mul(flow, tf.scalar(factor)) as tf.Tensor4D, factor),
    maskLogit: resize(maskLogit, factor),
  };
}

/** Runs the block `name` (`block0`, `block_tea`) at `scale`. */
export function ifBlock(p: NamedTensors, name: string, input: BlockInput, scale: number): BlockOutput {
  const {normalize, wide = 'none'} = input;
  const first = conv(p, `${name}.conv0.0`, blockInput(input, scale), 2, normalize);
  const start = conv(p, `${name}.conv0.1`, first, 2, normalize);
  let x = start;
  for (let i = 0; i < CONVS; i++) x = conv(p, `${name}.convblock.${i}`, x, 1, normalize);
  const features = widened(p, name, tf.add(x, start), wide);
  return blockOutput(lastDeconv(p, `${name}.lastconv`, features), scale);
}
