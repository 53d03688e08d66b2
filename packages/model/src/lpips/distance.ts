/**
 * LPIPS 0.1 with AlexNet, as the package `lpips` computes it [richzhang/PerceptualSimilarity:
 * lpips/lpips.py]. Axes: H height, W width, C channels; images are [1,H,W,3].
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {biasAdd} from '@rife-train/engine/ops';
import {parameter} from '../layers.js';
import {ALEX_CONVS, type AlexConv} from './alexNet.js';
import {LINEAR_WEIGHTS} from './linearWeights.js';

/** Of RGB images in -1..1. */
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];
/** Added to the length of a pixel's features. */
const EPSILON = 1e-10;

/** The learnt weights, [C] for each layer. */
export function linearWeights(): Float32Array[] {
  const all = new Float32Array(Uint8Array.from(Buffer.from(LINEAR_WEIGHTS, 'base64')).buffer);
  let end = 0;
  return ALEX_CONVS.map(({to}) => all.slice(end, (end += to)));
}

/** BGR in 0..1 as AlexNet gets it. */
function scaled(image: tf.Tensor4D): tf.Tensor4D {
  const signed = tf.sub(tf.mul(tf.reverse(image, 3), 2), 1);
  return tf.div(tf.sub(signed, tf.tensor1d(SHIFT)), tf.tensor1d(SCALE));
}

function conv(p: NamedTensors, {name, stride, padding, pooled}: AlexConv, x: tf.Tensor4D): tf.Tensor4D {
  const from = pooled ? tf.maxPool(x, 3, 2, 'valid') : x;
  const around: [number, number] = [padding, padding];
  const padded = tf.pad(from, [[0, 0], around, around, [0, 0]]);
  const sums = tf.conv2d(padded, parameter<tf.Tensor4D>(p, `${name}.weight`), stride, 'valid');
  return tf.relu(biasAdd(sums, parameter<tf.Tensor1D>(p, `${name}.bias`)));
}

/** What the convolutions give after their ReLU. */
function featuresOf(p: NamedTensors, image: tf.Tensor4D): tf.Tensor4D[] {
  let x = scaled(image);
  return ALEX_CONVS.map(layer => (x = conv(p, layer, x)));
}

/** The features of each pixel divided by their length. */
const unit = (features: tf.Tensor4D) =>
  tf.div(features, tf.add(tf.sqrt(tf.sum(tf.square(features), 3, true)), EPSILON));

/**
 * The share of each layer in the distance, [5]; their sum is the distance.
 * @param p AlexNet's tensors
 * @param a [1,H,W,3], BGR in 0..1, at least 31x31
 * @param b of the same size
 */
export function lpipsLayers(p: NamedTensors, a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D {
  const [ofA, ofB] = [featuresOf(p, a), featuresOf(p, b)];
  const layers = linearWeights().map((weights, i) => {
    const squares = tf.squaredDifference(unit(ofA[i]!), unit(ofB[i]!));
    return tf.mean(tf.sum(tf.mul(squares, tf.tensor1d(weights)), 3));
  });
  return tf.stack(layers) as tf.Tensor1D;
}
