/**
 * Laplacian pyramid loss of RIFE (its LapLoss): 5 levels, no weight per level, no low-pass rest.
 * Axes: B batch, H height, W width, C channels (the pyramid works on each channel alone).
 *
 * Per level, G = [1,4,6,4,1] x [1,4,6,4,1] / 256 with reflect padding:
 *   down = (G * x) at even rows and columns; up = 4G * (down with zeros between); L = x - up; x :=
 *   down.
 * `down` is one convolution of stride 2. `up` is one 3x3 convolution from down to the four pixels
 * of each 2x2 block. Reflecting the zero-stuffed image brings down[1] to row -2 at its near end and
 * down[last] to row H at its far end. So `down` itself is padded by reflection above and by
 * repetition below.
 */
import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {depthToSpace} from './depthToSpace.js';
import {meanAbsPerSample} from './meanPerSample.js';
import {mirrorPad} from './mirrorPad.js';
import {checkNhwc} from './raw.js';

const LEVELS = 5;
const BINOMIAL = [1, 4, 6, 4, 1].map(x => x / 16);
// Rows of 2 * BINOMIAL that meet samples, for an even and for an odd target row: at down[j-1],
// down[j], down[j+1].
const UP_TAPS = [
  [1 / 8, 6 / 8, 1 / 8],
  [0, 4 / 8, 4 / 8],
] as const;

/** [5,5,C,C], each channel to itself. */
function downKernel(channels: number): tf.Tensor4D {
  const values = new Float32Array(25 * channels * channels);
  for (let tap = 0; tap < 25; tap++) {
    const weight = BINOMIAL[Math.floor(tap / 5)]! * BINOMIAL[tap % 5]!;
    for (let c = 0; c < channels; c++) values[(tap * channels + c) * channels + c] = weight;
  }
  return tf.tensor4d(values, [5, 5, channels, channels]);
}

/** [3,3,C,4C]: output channels are (row in block, column in block, channel). */
function upKernel(channels: number): tf.Tensor4D {
  const values = new Float32Array(9 * channels * 4 * channels);
  for (let tap = 0; tap < 9; tap++) {
    for (let phase = 0; phase < 4; phase++) {
      const weight =
        UP_TAPS[(phase >> 1) as 0 | 1][Math.floor(tap / 3)]! * UP_TAPS[(phase & 1) as 0 | 1][tap % 3]!;
      for (let c = 0; c < channels; c++) values[((tap * channels + c) * 4 + phase) * channels + c] = weight;
    }
  }
  return tf.tensor4d(values, [3, 3, channels, 4 * channels]);
}

interface Kernels {
  down: tf.Tensor4D;
  up: tf.Tensor4D;
}

const shrink = (x: tf.Tensor4D, {down}: Kernels) =>
  tf.conv2d(mirrorPad(x, 2, 2, 'REFLECT'), down, 2, 'valid');

function grow(x: tf.Tensor4D, {up}: Kernels): tf.Tensor4D {
  const padded = mirrorPad(mirrorPad(x, 1, 0, 'REFLECT'), 0, 1, 'SYMMETRIC');
  return depthToSpace(tf.conv2d(padded, up, 1, 'valid') as tf.Tensor4D, 2);
}

/**
 * Sum over the levels of the mean |Laplacian| per sample. The pyramid is linear, so the loss
 * between two images is that of their difference. The gradient is 0 where a level is exactly 0.
 * @param difference [B,H,W,C] image minus target; H and W multiples of 32, at least 64
 * @returns [B]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function laplacianLoss(difference: tf.Tensor4D): tf.Tensor1D {
  checkNhwc('laplacianLoss', 'difference', difference);
  const [, height, width, channels] = difference.shape;
  if (height % 32 !== 0 || width % 32 !== 0 || Math.min(height, width) < 64) {
    throw opShapeError(
      'laplacianLoss',
      'difference',
      difference.shape,
      'multiples of 32 high and wide, at least 64',
    );
  }
  const kernels = {down: downKernel(channels), up: upKernel(channels)};
  const terms: tf.Tensor1D[] = [];
  let level = difference;
  for (let i = 0; i < LEVELS; i++) {
    const down = shrink(level, kernels) as tf.Tensor4D;
    terms.push(meanAbsPerSample(tf.sub(level, grow(down, kernels)) as tf.Tensor4D));
    level = down;
  }
  return tf.addN(terms) as tf.Tensor1D;
}
