/** The head that extracts features of each image. Axes: B batch, H height, W width, C channels. */
import type * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {leakyRelu} from '@rife-train/engine/ops';
import {plainConv, plainDeconv} from '../layers.js';
import type {EncodeHead} from './architecture.js';
import {headLayers} from './specs.js';

/**
 * Features [B,H,W,C] of an image [B,H,W,3]. No activation after the last layer; the oldest head has
 * none at all.
 */
export function encode(p: NamedTensors, image: tf.Tensor4D, head: EncodeHead): tf.Tensor4D {
  const {convs, last} = headLayers(head);
  let x = image;
  convs.forEach((name, i) => {
    const y = plainConv(p, name, x, i === 0 ? 2 : 1);
    x = head.middle === 0 ? y : leakyRelu(y, 0.2);
  });
  return plainDeconv(p, last, x);
}
