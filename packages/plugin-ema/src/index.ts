/** An exponential moving average of the weights. The trainer keeps and uses it; this moves it. */
import {definePlugin, type NamedTensors, type PluginTrainer, type RifePlugin} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {checkOptions, NAME, type CompleteOptions, type EmaOptions} from './options.js';

export {NAME, optionsSchema, type EmaOptions} from './options.js';

/** The decay of a step, counted from 0. */
export const decayAt = (step: number, {decay, warmup}: CompleteOptions): number =>
  warmup ? Math.min(decay, (1 + step) / (10 + step)) : decay;

/**
 * Moves each average towards its parameter: `average + gain * (parameter - average)`. Where both
 * are equal the average stays the same, bit for bit.
 * @param gain 1 - decay
 */
export function movedAverages(
  averages: NamedTensors,
  parameters: NamedTensors,
  gain: tf.Scalar,
): NamedTensors {
  return Object.fromEntries(
    Object.entries(averages).map(([name, average]) => [
      name,
      tf.add(average, tf.mul(tf.sub(parameters[name]!, average), gain)),
    ]),
  );
}

function applyTo({hooks}: PluginTrainer, options: CompleteOptions): void {
  // A declared scalar needs the same function at each trace.
  const gainAt = ({step}: {step: number}) => 1 - decayAt(step, options);
  hooks.averages.tap(NAME, (averages, parameters, trace) =>
    movedAverages(averages, parameters, trace.scalar('ema.gain', gainAt)),
  );
}

/**
 * Plugin that keeps an exponential moving average of the weights. The average starts equal to the
 * weights and moves after each update. It is what previews, validation and `rife-train predict`
 * use, and what `weights.safetensors` of a checkpoint holds.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function ema(options: EmaOptions = {}): RifePlugin {
  const complete = checkOptions(options);
  return definePlugin({name: NAME, options: complete, apply: trainer => applyTo(trainer, complete)});
}
