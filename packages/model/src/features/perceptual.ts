/**
 * Loss terms that compare a frame with gt in the features of VGG-19, one value per sample [B].
 * Axes: B batch, H height, W width, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {meanAbsPerSample, meanPerSample, stopGradient} from '@rife-train/engine/ops';
import {featuresAt} from './featureNet.js';
import {PERCEPTUAL_TAPS, type PerceptualTerm} from './perceptualPlan.js';
import {IMAGENET, VGG_PREFIX, vgg19} from './vgg19.js';

/** Weights of the five stages, in both upstreams. Source: Chen and Koltun 2017. */
const STAGE_WEIGHTS = [1 / 2.6, 1 / 4.8, 1 / 3.7, 1 / 5.6, 10 / 1.5];
/** RIFE's factor for the sum of the stages. */
const RIFE_FACTOR = 0.1;

const normalized = (image: tf.Tensor4D) =>
  tf.div<tf.Tensor4D>(tf.sub(image, tf.tensor1d(IMAGENET.mean)), tf.tensor1d(IMAGENET.std));

/** Gram matrices [B,C,C] of features: means over the pixels of the products of two channels. */
function gramOf(features: tf.Tensor4D): tf.Tensor3D {
  const [batch, height, width, channels] = features.shape;
  const rows = tf.reshape(features, [batch, height * width, channels]);
  return tf.mul<tf.Tensor3D>(tf.matMul(rows, rows, true, false), tf.scalar(1 / (height * width)));
}

/** Mean of the squared difference of the Gram matrices of each sample, [B]. */
function gramDistance(image: tf.Tensor4D, gt: tf.Tensor4D): tf.Tensor1D {
  const difference = tf.sub(gramOf(image), gramOf(gt));
  return meanPerSample(tf.expandDims(tf.square(difference), 3));
}

const DISTANCES: Record<PerceptualTerm, (image: tf.Tensor4D, gt: tf.Tensor4D) => tf.Tensor1D> = {
  vgg: (image, gt) => tf.mul(meanAbsPerSample(tf.sub(image, gt)), RIFE_FACTOR),
  gram: gramDistance,
};

/**
 * The terms. No gradient runs into gt or into the network.
 * - `vgg`: 0.1 times the weighted sum of mean |difference| after the first ReLU of each stage, as
 *   RIFE's VGGPerceptualLoss has it [hzwer/Practical-RIFE: model/loss.py]. That class names the
 *   layers by how many run before: 2 is conv1_1 with its ReLU;
 * - `gram`: the weighted sum of the mean squared difference of Gram matrices after the second ReLU
 *   of each stage, as in FILM's style loss [google-research/frame-interpolation:
 *   losses/vgg19_loss.py]. FILM's network has average pooling and sees 0..255, so it divides its
 *   features by 255; this one sees normalised images, and nothing is divided.
 * @param p holds the network's tensors, after {@link VGG_PREFIX}
 * @param image [B,H,W,3], RGB in 0..1, at least 16x16
 * @param layers VGG-19 of any width
 */
export function perceptualTerms(
  terms: readonly PerceptualTerm[],
  p: NamedTensors,
  image: tf.Tensor4D,
  gt: tf.Tensor4D,
  layers = vgg19(),
): Record<string, tf.Tensor1D> {
  if (terms.length === 0) return {};
  const taps = terms.flatMap(term => PERCEPTUAL_TAPS[term]);
  const run = (x: tf.Tensor4D) => featuresAt(p, VGG_PREFIX, layers, normalized(x), taps);
  const [ofImage, ofGt] = [run(image), run(gt)];
  const stageOf = (term: PerceptualTerm) => (tap: string, stage: number) =>
    tf.mul(DISTANCES[term](ofImage.get(tap)!, stopGradient(ofGt.get(tap)!)), STAGE_WEIGHTS[stage]!);
  const termOf = (term: PerceptualTerm) => tf.addN(PERCEPTUAL_TAPS[term].map(stageOf(term))) as tf.Tensor1D;
  return Object.fromEntries(terms.map(term => [term, termOf(term)]));
}
