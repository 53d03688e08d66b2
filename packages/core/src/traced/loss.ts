// Axes: B batch.
import * as tf from '@tensorflow/tfjs-core';
import {lossTerm} from '@rife-train/errors';
import type {LossState} from '../contract/index.js';
import {lossProblem} from './checks.js';

/** @throws RIFE_ERR_LOSS_TERM when a term is not [B] or has no weight; `owner` is named in it. */
export function checkLoss(loss: LossState, batch: number, owner: string): LossState {
  const found = lossProblem(loss, batch);
  if (found) throw lossTerm(owner, found.term, found.problem);
  return loss;
}

/**
 * Weighted loss of each sample, [B]: the sum over terms of weight * term. A term whose weight is
 * the number 0 is left out, not multiplied: `0 * NaN` is NaN.
 */
export function weightedLoss_B({terms, weights}: LossState, batch: number): tf.Tensor1D {
  const weighted = Object.entries(terms)
    .filter(([name]) => weights[name] !== 0)
    .map(([name, term_B]) => {
      const weight = weights[name]!;
      return weight === 1 ? term_B : tf.mul<tf.Tensor1D>(term_B, weight);
    });
  if (weighted.length === 0) return tf.zeros([batch]) as tf.Tensor1D;
  return weighted.reduce((sum_B, term_B) => tf.add(sum_B, term_B));
}

/** L2 norm of all tensors taken as one vector. NaN and infinity in, NaN or infinity out. */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  return tf.sqrt(tf.addN(tensors.map(tensor => tf.sum<tf.Scalar>(tf.square(tensor)))));
}
