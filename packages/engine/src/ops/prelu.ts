import * as tf from '@tensorflow/tfjs-core';
import {opShapeError} from '@rife-train/errors';
import {biasAdd, checkBias} from './biasAdd.js';
import {ownKernels, rawOp, rawOps} from './raw.js';

const forward = (x: tf.Tensor, slope: tf.Tensor) =>
  rawOp('SelectV2', [rawOp('Greater', [x, tf.scalar(0)]), x, rawOp('Mul', [x, slope])]);

function backward(dy: tf.Tensor, x: tf.Tensor, slope: tf.Tensor): [dx: tf.Tensor, dSlope: tf.Tensor] {
  const positive = rawOp('ReluGrad', [dy, x]);
  // Exactly dy where x <= 0, and 0 elsewhere.
  const negative = rawOp('Sub', [dy, positive]);
  return [
    rawOp('AddV2', [positive, rawOp('Mul', [negative, slope])]),
    rawOp('BiasAddGrad', [rawOp('Mul', [negative, x])]),
  ];
}

const composed = tf.customGrad((x, slope, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor, slope as tf.Tensor]);
  return {
    value: forward(x as tf.Tensor, slope as tf.Tensor),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved[0]!, saved[1]!),
  };
});

// One pass over memory each way; the same numbers, but for the order of the slope's sum.
const fused = tf.customGrad((x, slope, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor, slope as tf.Tensor]);
  return {
    value: rawOp('RifePrelu', [x as tf.Tensor, slope as tf.Tensor], {}),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => rawOps('RifePreluGrad', [dy, ...saved], 3).slice(0, 2),
  };
});

// The pass that computes dx also sums it for the bias.
const fusedWithBias = tf.customGrad((x, bias, slope, save) => {
  const biased = rawOp('BiasAdd', [x as tf.Tensor, bias as tf.Tensor]);
  (save as tf.GradSaveFunc)([biased, slope as tf.Tensor]);
  return {
    value: rawOp('RifePrelu', [biased, slope as tf.Tensor], {}),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [dx, dSlope, dBias] = rawOps('RifePreluGrad', [dy, ...saved], 3);
      return [dx!, dBias!, dSlope!];
    },
  };
});

/** @throws RIFE_ERR_ENGINE_OPS_SHAPE */
export function checkSlope(x: tf.Tensor4D, slope: tf.Tensor1D): void {
  if (slope.rank !== 1 || slope.shape[0] !== x.shape[3]) {
    throw opShapeError('prelu', 'slope', slope.shape, `[${x.shape[3]}]`);
  }
}

/**
 * x where x > 0, else slope * x, with one slope per channel. At x = 0 the gradient to x is the
 * slope, and x adds nothing to the slope's gradient, as in PyTorch.
 *
 * @param x [B,H,W,C]
 * @param slope [C]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function prelu(x: tf.Tensor4D, slope: tf.Tensor1D): tf.Tensor4D {
  checkSlope(x, slope);
  return (ownKernels() ? fused : composed)(x, slope) as tf.Tensor4D;
}

/**
 * {@link prelu} of x + bias.
 * @param bias [C]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function biasPrelu(x: tf.Tensor4D, bias: tf.Tensor1D, slope: tf.Tensor1D): tf.Tensor4D {
  if (!ownKernels()) return prelu(biasAdd(x, bias), slope);
  checkBias(x, bias);
  checkSlope(x, slope);
  return fusedWithBias(x, bias, slope) as tf.Tensor4D;
}
