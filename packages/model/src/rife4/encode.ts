/** The head that extracts features of each image. Axes: B batch, H height, W width, C channels. */
import type * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {leakyRelu} from '@rife-train/engine/ops';
import {plainConv, plainDeconv} from '../layers.js';
import type {EncodeHead} from './architecture.js';
import {ENCODER, headLayers} from './specs.js';

const activated = (x: tf.Tensor4D, {middle}: EncodeHead) => (middle === 0 ? x : leakyRelu(x, 0.2));

/**
 * Outputs of every layer before its activation, for an image [B,H,W,3]. The first ones are
 * [B,H/2,W/2,C], the last one, the features, is [B,H,W,C]. The oldest head has no activation.
 * @param name of the head: `encode`, or its target's
 */
export function encodeLayers(
  p: NamedTensors,
  image: tf.Tensor4D,
  head: EncodeHead,
  name = ENCODER,
): tf.Tensor4D[] {
  const {convs, last} = headLayers(head, name);
  const outputs: tf.Tensor4D[] = [];
  for (const [i, conv] of convs.entries())
    outputs.push(plainConv(p, conv, i === 0 ? image : activated(outputs[i - 1]!, head), i === 0 ? 2 : 1));
  return [...outputs, plainDeconv(p, last, activated(outputs.at(-1)!, head))];
}

/** Features [B,H,W,C] of an image [B,H,W,3]. No activation after the last layer. */
export const encode = (p: NamedTensors, image: tf.Tensor4D, head: EncodeHead): tf.Tensor4D =>
  encodeLayers(p, image, head).at(-1)!;
