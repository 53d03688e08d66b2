/**
 * Test-time augmentation of the reference's `Model.inference`. Axes: B batch, H height, W width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Prediction} from '@rife-train/core';

/** Upside down and mirrored. */
const turn = (x: tf.Tensor4D) => tf.reverse(x, [1, 2]);

/**
 * The mean of the refined frames of the images and of the images rotated by 180 degrees, rotated
 * back. Time is not reversed. Flow and mask are those of the unrotated images. Makes two passes,
 * not one batch of 2B, because what a flow tap knows per sample is [B].
 * @param pair [B,H,W,6]
 */
export function flipped(pair: tf.Tensor4D, predict: (pair: tf.Tensor4D) => Prediction): Prediction {
  const straight = predict(pair);
  const turned = turn(predict(turn(pair)).refined);
  return {...straight, refined: tf.mul(tf.add(straight.refined, turned), tf.scalar(0.5)) as tf.Tensor4D};
}
