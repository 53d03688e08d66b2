import type * as tf from '@tensorflow/tfjs-core';
import {lossTermMissing} from '@rife-train/errors';
import type {LossState, LossTermName} from '../contract/index.js';

/**
 * A loss term that a plugin works on.
 *
 * @param plugin name of the plugin that asks
 * @returns [B], before weighting
 * @throws RIFE_ERR_PLUGIN_LOSS_TERM when the model, or a plugin before, has no such term
 */
export function lossTermOf(loss: LossState, term: LossTermName, plugin: string): tf.Tensor1D {
  const found = loss.terms[term];
  if (!found) throw lossTermMissing(plugin, 'afterLoss', term, Object.keys(loss.terms));
  return found;
}
