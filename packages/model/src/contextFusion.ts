/**
 * Fusion of the context net's levels. Axes: B batch, H height, W width, C channels; level i is at
 * 1/2^(i+1) of the size.
 * A feature pyramid network (Lin et al. 2017) with the bottom-up path of PANet (Liu et al. 2018):
 * 1x1 lateral convolutions to a common width, a top-down pass that adds the coarser level enlarged,
 * and a bottom-up pass that adds the finer level reduced. BiFPN and HRNet exchange features in the
 * same two directions. The result is added to its level. Its last 1x1 convolution starts from 0, so
 * that nothing is added before training.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {prelu, resize} from '@rife-train/engine/ops';
import {parameter, pointwise} from './layers.js';

/** Adds to each level the one before it in the list, resized by `factor`. */
function passedOn(levels: readonly tf.Tensor4D[], factor: number): tf.Tensor4D[] {
  const result: tf.Tensor4D[] = [];
  for (const level of levels) {
    const before = result.at(-1);
    result.push(before ? tf.add(level, resize(before, factor)) : level);
  }
  return result;
}

/**
 * Each level with what it receives from the others.
 * @param levels [B,H,W,C] each, fine to coarse, each half the size of the one before
 */
export function fusedLevels(p: NamedTensors, levels: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const at = (what: string, i: number) => `contextnet.fusion.${what}${i + 1}`;
  const lateral = levels.map((level, i) => pointwise(p, at('lateral', i), level));
  const topDown = passedOn(lateral.toReversed(), 2).toReversed();
  const bottomUp = passedOn(topDown, 0.5);
  return levels.map((level, i) => {
    const merged = prelu(bottomUp[i]!, parameter<tf.Tensor1D>(p, `${at('merge', i)}.1.weight`));
    return tf.add(level, pointwise(p, at('out', i), merged));
  });
}
