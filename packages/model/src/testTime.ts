/** Test-time augmentation of the reference's `Model.inference`. Axes: B batch, H height, W width. */
import * as tf from '@tensorflow/tfjs-core';
import type {Prediction} from '@rife-train/core';

/** Upside down and mirrored. */
const turn = (x: tf.Tensor4D) => tf.reverse(x, [1, 2]);

/**
 * The mean of the refined frames of the images as they are and turned by 180 degrees, turned back. Time is not reversed. Flow
 * and mask stay those of the images as they are. Two passes, not one batch of 2B: what a flow tap knows per sample is [B].
 *
 * @param pair [B,H,W,6]
 */
export function flipped(pair: tf.Tensor4D, predict: (pair: tf.Tensor4D) => Prediction): Prediction {
  const straight = predict(pair);
  const turned = turn(predict(turn(pair)).refined);
  return {...straight, refined: tf.mul(tf.add(straight.refined, turned), tf.scalar(0.5)) as tf.Tensor4D};
}
