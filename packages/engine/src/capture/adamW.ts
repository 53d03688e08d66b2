import type {AdamWTensors} from '@rife-train/core';
import type * as tf from '@tensorflow/tfjs-core';
import {rawOps} from '../ops/raw.js';

/** AdamW by the kernel of native/optimizer.cc: one pass over memory, the same bits. */
export function adamW(
  {parameter, gradient, firstMoment, secondMoment}: AdamWTensors,
  rates: tf.Tensor1D,
): Omit<AdamWTensors, 'gradient'> {
  const moved = rawOps('RifeAdamW', [parameter, gradient, firstMoment, secondMoment, rates], 3);
  const [p, m, v] = moved as [tf.Tensor, tf.Tensor, tf.Tensor];
  return {parameter: p, firstMoment: m, secondMoment: v};
}
