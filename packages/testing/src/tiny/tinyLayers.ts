/**
 * Layers of TinyModel, from ops whose gradients are right on every tfjs backend. Axes: B batch, H
 * height, W width, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';

/** The value, without a gradient. */
export const stopGradient = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [tf.zerosLike(dy)],
})) as <T extends tf.Tensor>(x: T) => T;

/** [B,H,W,C] to [B,H/scale,W/scale,C] by means. */
export function downscale(x: tf.Tensor4D, scale: number): tf.Tensor4D {
  if (scale === 1) return x;
  const [b, h, w, c] = x.shape;
  const tiles = tf.reshape(x, [b, h / scale, scale, w / scale, scale, c]);
  return tf.mean(tiles, [2, 4]);
}

/** [B,H,W,C] to [B,H*scale,W*scale,C] by repetition. */
export function upscale(x: tf.Tensor4D, scale: number): tf.Tensor4D {
  if (scale === 1) return x;
  const [b, h, w, c] = x.shape;
  const tiles = tf.mul(tf.reshape(x, [b, h, 1, w, 1, c]), tf.ones([1, 1, scale, 1, scale, 1]));
  return tf.reshape(tiles, [b, h * scale, w * scale, c]);
}

/** Half the difference of the neighbours along an axis; 0 at the border. */
function slope(image: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const size = [...image.shape];
  size[axis] = size[axis]! - 2;
  const from = (offset: number) => tf.slice(image, axis === 1 ? [0, offset, 0, 0] : [0, 0, offset, 0], size);
  const padding = ([1, 2] as const).map(a => (a === axis ? [1, 1] : [0, 0]) as [number, number]);
  return tf.pad(tf.mul<tf.Tensor4D>(tf.sub(from(2), from(0)), 0.5), [[0, 0], ...padding, [0, 0]]);
}

/**
 * Backward warping to first order: image + x * slope along the width + y * slope along the height.
 * @param image [B,H,W,3]
 * @param flow [B,H,W,2] in pixels, x and y
 */
export function warpLinear(image: tf.Tensor4D, flow: tf.Tensor4D): tf.Tensor4D {
  const [x, y] = tf.split(flow, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  return tf.add(image, tf.add(tf.mul(x, slope(image, 2)), tf.mul(y, slope(image, 1))));
}

/** Mean of sqrt(d^2 + 1e-6) over everything but the batch, [B]: smooth, and close to |d|. */
export const charbonnierPerSample = (difference: tf.Tensor): tf.Tensor1D =>
  tf.mean(tf.sqrt(tf.add(tf.square(difference), 1e-6)), [1, 2, 3]);
