/**
 * What the plugins of a configuration do: their taps, what each adds to the graph, what it
 * costs.
 */
import {messageOf} from '@rife-train/errors';
import {PluginSet} from '../plugins/appliedPlugins.js';
import type {TrainerHooks, UserConfig} from '../contract/index.js';
import type {TracedCall} from '../plugins/driver.js';
import {buildGraph, difference, without, type BuiltGraph, type GraphParts, type GraphSize} from './graph.js';
import {compareSteps, type StepCost} from './measure.js';
import {tapsOf, type TapsReport} from './taps.js';

/** Nodes that the taps of one plugin on one hook add themselves, over all their calls. */
export interface TapNodes {
  hook: keyof TrainerHooks;
  /** In the entries `gradients` and `update`. */
  stepNodes: number;
  /** In the entry `predict`. */
  predictNodes: number;
}

/** What one plugin adds. */
export interface PluginCost {
  plugin: string;
  /** Nodes that its taps make, by hook. */
  taps: TapNodes[];
  /**
   * The graph with all plugins less the graph without this one: its taps, and what they cost in the
   * backward pass. Absent where the others can't be without it.
   */
  added?: GraphSize;
  /** With `measure`. */
  step?: StepCost;
  /** Why there is no graph without it. */
  problem?: string;
}

/** All of it. */
export interface GraphReport {
  /** Of the engine: `TensorFlow 2.21.0 (captured), cpu`. */
  engine: string;
  crop: readonly [height: number, width: number];
  batch: number;
  /** The graph with all plugins. */
  all: GraphSize;
  /** The graph without any. */
  none: GraphSize;
  plugins: PluginCost[];
}

/** Extent of the inspection. */
export interface InspectOptions {
  /** Steps that are timed with and without each plugin; 0 times none. @default 0 */
  measure?: number;
}

/** The taps of all hooks; needs no engine. @throws RIFE_ERR_PLUGIN_* */
export function inspectTaps(config: UserConfig): TapsReport {
  return tapsOf(new PluginSet(config));
}

function tapNodesOf(calls: readonly TracedCall[], name: string): TapNodes[] {
  const own = calls.filter(({plugin}) => plugin === name);
  const sum = (hook: string, inEntry: (entry: string) => boolean) =>
    own.reduce((n, call) => n + (call.hook === hook && inEntry(call.entry) ? call.nodes : 0), 0);
  return [...new Set(own.map(({hook}) => hook))].map(hook => ({
    hook,
    stepNodes: sum(hook, entry => entry !== 'predict'),
    predictNodes: sum(hook, entry => entry === 'predict'),
  }));
}

/** The cost of one plugin, from a graph without it, which is disposed before this returns. */
async function costOfPlugin(
  parts: GraphParts,
  config: UserConfig,
  all: BuiltGraph,
  plugin: string,
  measure: number,
): Promise<PluginCost> {
  const taps = tapNodesOf(all.calls, plugin);
  let less: BuiltGraph;
  try {
    less = buildGraph(parts, without(config, plugin));
  } catch (error) {
    // Another plugin may need this one: that is no fault of the configuration.
    return {plugin, taps, problem: messageOf(error)};
  }
  try {
    const added = difference(all.size, less.size);
    return {plugin, taps, added, ...(measure > 0 ? {step: await compareSteps(all, less, measure)} : {})};
  } finally {
    less.program.dispose();
  }
}

/**
 * The size of the graph without plugins, but with what their `config` and `model` taps would have
 * changed undone.
 */
function sizeWithout(parts: GraphParts, config: UserConfig): GraphSize {
  const {program, size} = buildGraph(parts, {...config, plugins: []});
  program.dispose();
  return size;
}

/**
 * Builds the graph of a configuration with all its plugins, with none, and without each one in
 * turn, from fresh weights; no clip is read and nothing is written. With `measure`, real steps run
 * on made-up frames, taps of host hooks included.
 * @throws RIFE_ERR_PLUGIN_*, and what engine and model throw
 */
export async function inspectGraph(
  parts: GraphParts,
  config: UserConfig,
  {measure = 0}: InspectOptions = {},
): Promise<GraphReport> {
  const all = buildGraph(parts, config);
  try {
    const plugins: PluginCost[] = [];
    for (const {name} of all.set.plugins) plugins.push(await costOfPlugin(parts, config, all, name, measure));
    const {height, width, batch} = all.shape;
    const none = sizeWithout(parts, config);
    return {engine: parts.engine.description, crop: [height, width], batch, all: all.size, none, plugins};
  } finally {
    all.program.dispose();
  }
}
