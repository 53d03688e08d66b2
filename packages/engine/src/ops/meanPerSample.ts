/**
 * Means whose gradients create no host constants. tfjs multiplies by `ones(x.shape)`, which a
 * captured graph would store as data.
 */
import * as tf from '@tensorflow/tfjs-core';
import {checkNhwc, int32, rawOp, type RawAttr} from './raw.js';

const meanAttrs = (keepDims: boolean): Record<string, RawAttr> => ({
  T: {type: 'float32'},
  Tidx: {type: 'int32'},
  keep_dims: keepDims,
});
const imageSize = (x: tf.Tensor) => x.shape.slice(1).reduce((a, b) => a * b, 1);
const meanOf = (x: tf.Tensor) => rawOp('Mean', [x, int32([1, 2, 3])], meanAttrs(false));
/** dy [B] / pixels, as [B,1,1,1]. */
const share = (dy: tf.Tensor, shape: number[], size: number) =>
  rawOp('Mul', [tf.reshape(dy, [shape[0]!, 1, 1, 1]), tf.scalar(1 / size)]);

/**
 * Mean over height, width and channels of each sample.
 * @param x [B,H,W,C]
 * @returns [B]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function meanPerSample(x: tf.Tensor4D): tf.Tensor1D {
  checkNhwc('meanPerSample', 'x', x);
  return tf.customGrad(input => ({
    value: meanOf(input as tf.Tensor),
    gradFunc: (dy: tf.Tensor) =>
      rawOp('BroadcastTo', [share(dy, x.shape, imageSize(x)), int32(x.shape)], {
        T: {type: 'float32'},
        Tidx: {type: 'int32'},
      }),
  }))(x) as tf.Tensor1D;
}

/**
 * Mean of |x| over height, width and channels of each sample; gradient 0 where x is 0, as PyTorch's
 * l1_loss.
 * @param x [B,H,W,C]
 * @returns [B]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function meanAbsPerSample(x: tf.Tensor4D): tf.Tensor1D {
  checkNhwc('meanAbsPerSample', 'x', x);
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: meanOf(rawOp('Abs', [input as tf.Tensor])),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        rawOp('Mul', [rawOp('Sign', [saved[0]!]), share(dy, x.shape, imageSize(x))]),
    };
  })(x) as tf.Tensor1D;
}

/** How {@link rmsOverChannels} behaves where all channels are 0. */
export interface RmsOptions {
  /**
   * `safe`: gradient 0. `reference`: the true slope, which is infinite, so the gradient there is
   * NaN, as in PyTorch's `(x ** 2).mean(1) ** 0.5`. Values, and gradients elsewhere, are equal to
   * the bit. @default 'safe'
   */
  root?: 'safe' | 'reference';
}

/**
 * Root of the mean square over the channels; gradient 0 where all channels are 0 (see
 * {@link safeSqrt}), elsewhere x / (C * rms).
 * @param x [B,H,W,C]
 * @returns [B,H,W,1]
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE
 */
export function rmsOverChannels(x: tf.Tensor4D, {root: kind = 'safe'}: RmsOptions = {}): tf.Tensor4D {
  checkNhwc('rmsOverChannels', 'x', x);
  const divide = kind === 'safe' ? 'DivNoNan' : 'RealDiv';
  return tf.customGrad((input, save) => {
    const square = rawOp('Square', [input as tf.Tensor]);
    const root = rawOp('Sqrt', [rawOp('Mean', [square, int32([3])], meanAttrs(true))]);
    (save as tf.GradSaveFunc)([input as tf.Tensor, root]);
    return {
      value: root,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const perChannel = rawOp('Mul', [dy, tf.scalar(1 / x.shape[3])]);
        return rawOp('Mul', [saved[0]!, rawOp(divide, [perChannel, saved[1]!])]);
      },
    };
  })(x) as tf.Tensor4D;
}
