/** The network's options with the plugin's additions. */
import {optionError, type ModelOptions} from '@rife-train/core';
// Declares the options that are changed here.
import type {} from '@rife-train/model';
import {NAME, type ResolvedOptions} from './options.js';

/**
 * Puts the new blocks in front. They start with a last convolution of zeros, so that flow and mask
 * are 0 and the following blocks start as if they were alone. The teacher is unchanged: one that
 * started from zero would return exactly the last student's flow.
 * @throws RIFE_ERR_PLUGIN_OPTION if a new stage is not coarser than the network's own, or the
 *   network is none of IFNet's
 */
export function extended(
  model: ModelOptions,
  {stages, widths, fusion, receptiveField}: ResolvedOptions,
): ModelOptions {
  const {widths: own} = model;
  if (model.name === 'RIFE4' || !own)
    throw optionError(NAME, 'stages', stages, `used with IFNet or IFNet_m; the network is ${model.name}`);
  const [first] = model.scales;
  if (stages.length > 0 && !(stages.at(-1)! > first!))
    throw optionError(NAME, 'stages', stages, `coarser than the network's own first scale, ${first}`);
  return {
    ...model,
    scales: [...stages, ...model.scales],
    widths: [...(widths ?? stages.map(() => own[0]!)), ...own],
    ...(stages.length > 0 ? {zeroStages: stages.length + (model.zeroStages ?? 0)} : {}),
    ...(fusion ? {fusion} : {}),
    ...(receptiveField ? {receptiveField} : {}),
  };
}
