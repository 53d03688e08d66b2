/** Limits how far an update may change what a convolution amplifies, and that gain itself. */
import {
  definePlugin,
  optionError,
  type NamedTensors,
  type PluginTrainer,
  type RifePlugin,
  type Trace,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {gainOf, limitChanges, limitGain, type Update} from './gain.js';
import {LayerGains} from './layerGains.js';
import {checkOptions, INNER, NAME, type CompleteOptions, type GainLimitOptions} from './options.js';

export {gainOf, limitChanges, limitGain, type Gain, type KernelPair, type Update} from './gain.js';
export {INNER, NAME, optionsSchema, type GainLimitOptions} from './options.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Largest change of a layer's gain by the update, as a share of it, before limiting. */
    'gainlimit/change': true;
    /** Layers whose update was shortened. */
    'gainlimit/shortened': true;
    /** Largest gain of a layer: before the update, or with `limit` after it and before limiting. */
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
/** Layers whose updates are shortened unless `layers` says which. */
const EVERY = /./;

/** Names of all weights of convolutions, transposed ones too: they alone have four dimensions. */
const kernelsIn = (parameters: NamedTensors, trace: Trace): string[] =>
  Object.keys(parameters).filter(name => trace.parameter(name).spec.shape.length === 4);

/** @throws RIFE_ERR_PLUGIN_OPTION if a pattern selects none: it would do nothing, silently */
function selectedIn(kernels: readonly string[], layers: RegExp): string[] {
  const selected = kernels.filter(name => layers.test(name));
  if (selected.length > 0) return selected;
  const example = kernels.length > 0 ? `, such as ${kernels.at(-1)}` : '; this network has none';
  throw optionError(NAME, 'layers', String(layers), `a match for the weight of a convolution${example}`);
}

/** Traced. Updates of the named layers, shortened to the allowed change. */
function shortened(next: NamedTensors, names: readonly string[], most: number, trace: Trace) {
  const pairs = names.map(name => ({
    before: trace.parameter(name).value as tf.Tensor4D,
    next: next[name] as tf.Tensor4D,
  }));
  const updates = limitChanges(pairs, most);
  const changes = tf.stack(updates.map(({change}) => change));
  trace.log('gainlimit/change', tf.max(changes));
  trace.log('gainlimit/shortened', tf.sum(tf.cast(tf.greater(changes, most), 'float32')));
  return new Map<string, Update>(names.map((name, i) => [name, updates[i]!]));
}

/** Traced. Shortens updates, and limits the gains that are left. */
function limiter(state: LayerGains, {change, limit, layers}: CompleteOptions) {
  // A declared scalar needs the same function at each trace.
  const bounds = new Map<string, () => number>();
  const boundOf = (name: string, trace: Trace) => {
    if (!bounds.has(name)) bounds.set(name, () => state.bound(name));
    return trace.scalar(`gainlimit.bound.${name}`, bounds.get(name)!);
  };
  const most = change === false ? Infinity : change;
  return (parameters: NamedTensors, trace: Trace): NamedTensors => {
    const kernels = kernelsIn(parameters, trace);
    const updates = shortened(parameters, selectedIn(kernels, layers ?? EVERY), most, trace);
    const next = {...parameters};
    for (const [name, {kernel}] of updates) next[name] = kernel;
    if (limit !== false)
      for (const name of selectedIn(kernels, layers ?? INNER)) {
        const gain = gainOf(next[name] as tf.Tensor4D);
        trace.log(`${LAYER}${name}`, gain.value);
        next[name] = limitGain(next[name] as tf.Tensor4D, gain, boundOf(name, trace));
      }
    else
      for (const [name, {gain}] of updates)
        if ((layers ?? INNER).test(name)) trace.log(`${LAYER}${name}`, gain);
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
 * Plugin that limits how far an update may change what a convolution amplifies: where it would
 * change the largest singular value of a layer (for a constant image) by more than `change` of it,
 * the layer's update is scaled down. With `limit` the gain itself is bounded too. Logs
 * `gainlimit/change`, `gainlimit/shortened`, `gainlimit/largest`, `gainlimit/limited` and
 * `gainlimit/block/<block>`.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function gainLimit(options: GainLimitOptions = {}): RifePlugin {
  const complete = checkOptions(options);
  return definePlugin({name: NAME, options: complete, apply: trainer => applyTo(trainer, complete)});
}
