/** The taps of each hook, in order. */
import type {RifePlugin, TrainerHooks} from '../contract/index.js';
import type {PluginSet} from '../plugins/appliedPlugins.js';
import {HOOK_KINDS, HOOK_NAMES} from '../plugins/hooks.js';

/** One tap of a hook, in the order in which they are called. */
export interface TapReport {
  plugin: string;
  hook: keyof TrainerHooks;
  /** How it was added: `tap`, `tapPromise` or `tapAsync`. */
  type: 'sync' | 'promise' | 'async';
  /** tapable's own stage of this tap; lower ones come first. */
  stage: number;
}

/** A hook that has taps. */
export interface HookReport {
  hook: keyof TrainerHooks;
  kind: 'traced' | 'host';
  taps: TapReport[];
}

/** A plugin, in the order of application. */
export interface PluginReport {
  name: string;
  stage: number;
  after: readonly string[];
  before: readonly string[];
  changesPrediction: boolean;
  /** Snapshots that it lets a checkpoint hold, at most. */
  snapshotsKept: number;
  /** Hooks that it taps. */
  hooks: (keyof TrainerHooks)[];
}

/** The taps of all hooks. */
export interface TapsReport {
  /** In the order in which they are applied. */
  plugins: PluginReport[];
  /** Hooks with taps, in the order in which they fire. */
  hooks: HookReport[];
}

interface RawTap {
  name: string;
  type: TapReport['type'];
  stage?: number;
}

function hookReport(hooks: TrainerHooks, hook: keyof TrainerHooks): HookReport {
  const taps = (hooks[hook].taps as unknown as RawTap[]).map(({name, type, stage = 0}) => ({
    plugin: name,
    hook,
    type,
    stage,
  }));
  return {hook, kind: HOOK_KINDS[hook] === 'traced' ? 'traced' : 'host', taps};
}

function pluginReport(
  {name, stage = 0, after = [], before = [], changesPrediction = false, snapshotsKept = 0}: RifePlugin,
  hooks: readonly HookReport[],
): PluginReport {
  const tapped = hooks.filter(({taps}) => taps.some(({plugin}) => plugin === name));
  return {name, stage, after, before, changesPrediction, snapshotsKept, hooks: tapped.map(({hook}) => hook)};
}

/** Reads the taps of plugins that were applied. */
export function tapsOf({hooks, plugins}: Pick<PluginSet, 'hooks' | 'plugins'>): TapsReport {
  const tapped = HOOK_NAMES.map(name => hookReport(hooks, name)).filter(({taps}) => taps.length > 0);
  return {plugins: plugins.map(plugin => pluginReport(plugin, tapped)), hooks: tapped};
}
