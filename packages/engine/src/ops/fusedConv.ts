/**
 * Convolutions by the kernels of native/conv3x3.cc: Winograd's F(2x2, 3x3), which needs 16
 * multiplications where the definition needs 36. The numbers are TensorFlow's but for rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
import {checkBias} from './biasAdd.js';
import {checkSlope} from './prelu.js';
import {rawOp, rawOps} from './raw.js';

/**
 * True if the kernels are faster than TensorFlow's: their transforms cost as much as a dozen
 * channels do, and each call transforms the weight.
 */
export function isFasterFused([batch, height, width]: number[], [, , channels, filters]: number[]): boolean {
  return Math.min(channels!, filters!) >= 32 && batch! * height! * width! >= 256;
}

const toImage = (dy: tf.Tensor, weight: tf.Tensor) => rawOp('RifeConv3x3InputGrad', [dy, weight], {});
const toWeight = (image: tf.Tensor, dy: tf.Tensor) => rawOp('RifeConv3x3WeightGrad', [image, dy], {});

const conv = tf.customGrad((x, weight, bias, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor, weight as tf.Tensor]);
  return {
    value: rawOp('RifeConv3x3', [x as tf.Tensor, weight as tf.Tensor, bias as tf.Tensor], {}),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [image, filter] = saved as [tf.Tensor, tf.Tensor];
      return [toImage(dy, filter), toWeight(image, dy), rawOp('BiasAddGrad', [dy])];
    },
  };
});

const convPrelu = tf.customGrad((x, weight, bias, slope, save) => {
  const inputs = [x, weight, bias, slope] as tf.Tensor[];
  const [biased, value] = rawOps('RifeConv3x3Prelu', inputs, 2) as [tf.Tensor, tf.Tensor];
  (save as tf.GradSaveFunc)([inputs[0]!, inputs[1]!, inputs[3]!, biased]);
  return {
    value,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [image, filter, slopes, before] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const [dx, dSlope, dBias] = rawOps('RifePreluGrad', [dy, before, slopes], 3) as tf.Tensor[];
      return [toImage(dx!, filter), toWeight(image, dx!), dBias!, dSlope!];
    },
  };
});

/**
 * Convolution of 3x3 with stride 1, padded by zeros, and bias.
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function fusedConv(x: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  checkBias(weight, bias);
  return conv(x, weight, bias) as tf.Tensor4D;
}

/**
 * The same, then PReLU.
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function fusedConvPrelu(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D,
  slope: tf.Tensor1D,
): tf.Tensor4D {
  checkBias(weight, bias);
  checkSlope(weight, slope);
  // What is activated is written for the gradient only.
  if (!tf.engine().isTapeOn()) return rawOp('RifeConv3x3Activated', [x, weight, bias, slope], {});
  return convPrelu(x, weight, bias, slope) as tf.Tensor4D;
}
