/**
 * Time calibration: a network that predicts the time of gt from the inputs and gt itself. In some
 * of the steps the blocks get its prediction in place of the time in the data. Axes: B batch, H
 * height, W width of the crop. Source: the author's training code of 4.25.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors, StepDraw} from '@rife-train/core';
import {leakyRelu} from '@rife-train/engine/ops';
import {concatChannels, plainConv} from '../layers.js';
import type {Views} from './network.js';
import {calibrationLayers} from './specs.js';

/** Predicted time [B] in (0,1): the mean over the image. */
function predictTime(p: NamedTensors, {images, features}: Views, gt: tf.Tensor4D): tf.Tensor1D {
  const logit = calibrationLayers.reduce(
    (x, {name, stride}, i) => plainConv(p, name, i === 0 ? x : leakyRelu(x, 0.2), stride),
    concatChannels([...images, gt, ...(features ?? [])]),
  );
  return tf.mean<tf.Tensor1D>(tf.sigmoid(logit), [1, 2, 3]);
}

/** What the blocks get as the time, and what was predicted; both [B]. */
export interface CalibratedTime {
  timestep: tf.Tensor1D;
  predicted: tf.Tensor1D;
}

/** What a calibration needs besides images and features. */
export interface CalibrationInput {
  gt: tf.Tensor4D;
  /** [B], of the data. */
  timestep: tf.Tensor1D;
  /** Probability of a step to train with the prediction. */
  share: number;
  /** @default no step does */
  draw?: StepDraw | undefined;
}

/**
 * Replaces the time of the whole batch by the prediction in a share of the steps; gradients run
 * through it.
 */
export function calibrate(
  p: NamedTensors,
  views: Views,
  {gt, timestep, share, draw}: CalibrationInput,
): CalibratedTime {
  const predicted = predictTime(p, views, gt);
  if (!draw) return {timestep, predicted};
  return {timestep: tf.where<tf.Tensor1D>(tf.less(draw.uniform(), share), predicted, timestep), predicted};
}

/** Squared error of the prediction, [B]; 0 for gt in the middle, as the author has it. */
export function timeTerm(predicted: tf.Tensor1D, timestep: tf.Tensor1D): tf.Tensor1D {
  const square = tf.squaredDifference<tf.Tensor1D>(predicted, timestep);
  return tf.where<tf.Tensor1D>(tf.notEqual(timestep, 0.5), square, tf.zerosLike(square));
}
