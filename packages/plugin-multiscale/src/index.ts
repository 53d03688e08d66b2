/**
 * A wider view: coarser stages before RIFE's three, fused context features, and a larger receptive
 * field of deep features.
 */
import {definePlugin, type RifePlugin} from '@rife-train/core';
import {costReport} from './costReport.js';
import {extended} from './extended.js';
import {NAME, resolveOptions, type MultiscaleOptions} from './options.js';
import {shiftedWeights} from './shiftedWeights.js';

export {NAME, optionsSchema, type MultiscaleOptions, type ResolvedOptions} from './options.js';
export {extended} from './extended.js';
export {shiftedWeights, type Shifted} from './shiftedWeights.js';

/**
 * Plugin that extends the network. All additions start at zero: a run from the weights of the
 * network without it (`init`) starts with that network's output.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function multiscale(options: MultiscaleOptions = {}): RifePlugin {
  const resolved = resolveOptions(options);
  return definePlugin({
    name: NAME,
    options: resolved,
    changesPrediction: true,
    apply({hooks, log, warn}) {
      hooks.model.tap(NAME, (before, {costOf}) => {
        const now = extended(before, resolved);
        const [costBefore, costNow] = [costOf(before), costOf(now)];
        if (costBefore && costNow) costReport(costBefore, costNow).forEach(line => log(line));
        return now;
      });
      hooks.weights.tap(NAME, (given, {model}) => {
        const {tensors, note, warning} = shiftedWeights(given, model, resolved.stages.length);
        if (note !== undefined) log(note);
        if (warning !== undefined) warn(warning);
        return tensors;
      });
    },
  });
}
