/** Limits the gain of the blocks' convolutions: a runaway flow begins with its growth. */
import {
  definePlugin,
  optionError,
  type NamedTensors,
  type PluginTrainer,
  type RifePlugin,
  type Trace,
} from '@rife-train/core';
import type * as tf from '@tensorflow/tfjs-core';
import {gainOf, limitGain} from './gain.js';
import {LayerGains} from './layerGains.js';
import {checkOptions, NAME, type CompleteOptions, type GainLimitOptions} from './options.js';

export {gainOf, limitGain, type Gain} from './gain.js';
export {NAME, optionsSchema, type GainLimitOptions} from './options.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Largest gain of a layer, before limiting. */
    'gainlimit/largest': true;
    /** Layers that were limited in this step. */
    'gainlimit/limited': true;
    /** log10 of the product of the gains of a block's layers. */
    [block: `gainlimit/block/${string}`]: true;
    /** Gain of a layer; for the host only, and not in the metrics. */
    [layer: `gainlimit/layer/${string}`]: true;
  }
}

const LAYER = 'gainlimit/layer/';

/** Whether it is the weight of a convolution [height,width,inputs,outputs]. */
const isKernel = ({shape, unitAxis}: {shape: readonly number[]; unitAxis?: number}) =>
  shape.length === 4 && unitAxis === 3;

/**
 * Names of the selected convolutions.
 * @throws RIFE_ERR_PLUGIN_OPTION if there are none: the plugin would do nothing, silently
 */
function selectedIn(parameters: NamedTensors, {layers}: CompleteOptions, trace: Trace): string[] {
  const kernels = Object.keys(parameters).filter(name => isKernel(trace.parameter(name).spec));
  const selected = kernels.filter(name => layers.test(name));
  if (selected.length > 0) return selected;
  const example = kernels.length > 0 ? `, such as ${kernels.at(-1)}` : '; this network has none';
  throw optionError(NAME, 'layers', String(layers), `a match for the weight of a convolution${example}`);
}

/** Traced. Measures each selected layer, and limits it. */
function limiter(state: LayerGains, options: CompleteOptions) {
  // A declared scalar needs the same function at each trace.
  const bounds = new Map<string, () => number>();
  const boundOf = (name: string, trace: Trace) => {
    if (!bounds.has(name)) bounds.set(name, () => state.bound(name));
    return trace.scalar(`gainlimit.bound.${name}`, bounds.get(name)!);
  };
  return (parameters: NamedTensors, trace: Trace): NamedTensors => {
    const next = {...parameters};
    for (const name of selectedIn(parameters, options, trace)) {
      const kernel = parameters[name] as tf.Tensor4D;
      const gain = gainOf(kernel);
      trace.log(`${LAYER}${name}`, gain.value);
      if (options.limit !== false) next[name] = limitGain(kernel, gain, boundOf(name, trace));
    }
    return next;
  };
}

/** Removes the layers' gains from the logs: 36 numbers a step would obscure the others. */
function takeGains(logs: Record<string, number>): Record<string, number> {
  const gains: Record<string, number> = {};
  for (const [key, value] of Object.entries(logs)) {
    if (!key.startsWith(LAYER)) continue;
    gains[key.slice(LAYER.length)] = value;
    delete logs[key];
  }
  return gains;
}

/** Created here, not in the factory: each trainer that applies the plugin has its own state. */
function applyTo({hooks}: PluginTrainer, options: CompleteOptions): void {
  const state = new LayerGains(options.limit);
  hooks.parameters.tap(NAME, limiter(state, options));
  hooks.afterStep.tap(NAME, ({updated, logs}) => {
    if (!updated) return;
    const {largest, limited, byBlock} = state.observe(takeGains(logs));
    logs['gainlimit/largest'] = largest;
    logs['gainlimit/limited'] = limited;
    for (const [block, sum] of Object.entries(byBlock)) logs[`gainlimit/block/${block}`] = sum;
  });
  hooks.save.tap(NAME, ({plugins}) => void (plugins[NAME] = state.save()));
  hooks.load.tap(NAME, ({plugins}) => state.load(plugins[NAME]));
}

/**
 * Plugin that limits the gain of each convolution of the blocks: after every update, the excess of
 * its largest singular value (for a constant image) is removed. Logs `gainlimit/largest`,
 * `gainlimit/limited` and `gainlimit/block/<block>`.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function gainLimit(options: GainLimitOptions = {}): RifePlugin {
  const complete = checkOptions(options);
  return definePlugin({name: NAME, options: complete, apply: trainer => applyTo(trainer, complete)});
}
