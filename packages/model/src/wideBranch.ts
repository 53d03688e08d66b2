/**
 * Branches that widen the receptive field of deep features. Axes: B batch, H height, W width of the
 * features, C channels.
 * Both kinds reach 6 pixels each way. `dilated`: dilated convolutions, as in DeepLab and dilated
 * residual networks (Yu and Koltun 2016, Yu et al. 2017). `large-kernel`: one depthwise 13x13
 * kernel, then 1x1, as in the deepest stage of RepLKNet (Ding et al. 2022). The last 1x1
 * convolution starts from 0, so that the branch adds nothing before training.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {DILATIONS, type WideKind} from './architecture.js';
import {dilatedConv, largeConv, pointwise} from './layers.js';

function dilatedBranch(p: NamedTensors, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const inner = DILATIONS.reduce((y, rate, i) => dilatedConv(p, `${name}.conv${i + 1}`, y, rate), x);
  return pointwise(p, `${name}.out`, inner);
}

const largeBranch = (p: NamedTensors, name: string, x: tf.Tensor4D) =>
  pointwise(p, `${name}.out`, largeConv(p, `${name}.depthwise`, x));

/**
 * x plus the output of the branch of the module `name`.
 * @param x [B,H,W,C]
 */
export function widened(p: NamedTensors, name: string, x: tf.Tensor4D, kind: WideKind): tf.Tensor4D {
  if (kind === 'none') return x;
  const added =
    kind === 'dilated' ? dilatedBranch(p, `${name}.dilated`, x) : largeBranch(p, `${name}.large`, x);
  return tf.add(x, added);
}
