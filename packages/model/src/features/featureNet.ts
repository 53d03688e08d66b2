/**
 * Pretrained networks whose layers compare images; training does not change them. Axes: B batch, H
 * height, W width, C channels.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {inFloat32, leakyRelu, maxPool2} from '@rife-train/engine/ops';
import {plainConv} from '../layers.js';
import {layersTo, type FeatureLayer} from './featurePlan.js';

/**
 * Runs the layers.
 * @param p their tensors, by their names after `prefix`
 * @param x [B,H,W,C], normalised as the network expects
 * @param taps names of convolutions
 * @returns what these convolutions give after their ReLU, by name
 */
export function featuresAt(
  p: NamedTensors,
  prefix: string,
  layers: readonly FeatureLayer[],
  x: tf.Tensor4D,
  taps: readonly string[],
): ReadonlyMap<string, tf.Tensor4D> {
  const found = new Map<string, tf.Tensor4D>();
  let features = x;
  for (const layer of layersTo(layers, taps)) {
    if (layer === 'pool') features = maxPool2(features);
    else {
      const input = features;
      // A slope of 0 below 0 is a ReLU.
      features = leakyRelu(
        inFloat32(() => plainConv(p, prefix + layer.name, input)),
        0,
      );
      if (taps.includes(layer.name)) found.set(layer.name, features);
    }
  }
  return found;
}
