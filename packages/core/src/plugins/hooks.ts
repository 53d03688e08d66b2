import {AsyncSeriesBailHook, AsyncSeriesHook, SyncWaterfallHook} from 'tapable';
import type {TrainerHooks} from '../contract/index.js';

/**
 * How the driver treats a hook: `traced` and `waterfall` taps must return their (new) first
 * argument at once, `notify` taps return nothing and may wait, `verdict` taps may return one.
 */
export type HookKind = 'traced' | 'waterfall' | 'notify' | 'verdict';

/** Kind of each hook; the compiler refuses a forgotten one. */
export const HOOK_KINDS: Record<keyof TrainerHooks, HookKind> = {
  config: 'waterfall',
  model: 'waterfall',
  weights: 'waterfall',
  sampling: 'waterfall',
  beforeStep: 'notify',
  flow: 'traced',
  afterLoss: 'traced',
  gradients: 'traced',
  parameters: 'traced',
  averages: 'traced',
  beforeUpdate: 'verdict',
  onNaN: 'verdict',
  afterStep: 'notify',
  validate: 'notify',
  save: 'notify',
  load: 'notify',
  done: 'notify',
  fail: 'notify',
};

/** Every hook name, in the order in which hooks fire. */
export const HOOK_NAMES = Object.keys(HOOK_KINDS) as (keyof TrainerHooks)[];

/** True where taps may only return at once. */
export const isSyncHook = (hook: keyof TrainerHooks) =>
  HOOK_KINDS[hook] === 'traced' || HOOK_KINDS[hook] === 'waterfall';

/** Fresh hooks without taps; the driver is installed on top. */
export function createHooks(): TrainerHooks {
  return {
    config: new SyncWaterfallHook(['config'], 'config'),
    model: new SyncWaterfallHook(['options', 'tools'], 'model'),
    weights: new SyncWaterfallHook(['tensors', 'info'], 'weights'),
    sampling: new SyncWaterfallHook(['policy', 'progress'], 'sampling'),
    beforeStep: new AsyncSeriesHook(['context'], 'beforeStep'),
    flow: new SyncWaterfallHook(['flow', 'info', 'trace'], 'flow'),
    afterLoss: new SyncWaterfallHook(['loss', 'trace'], 'afterLoss'),
    gradients: new SyncWaterfallHook(['gradients', 'trace'], 'gradients'),
    parameters: new SyncWaterfallHook(['parameters', 'trace'], 'parameters'),
    averages: new SyncWaterfallHook(['averages', 'parameters', 'trace'], 'averages'),
    beforeUpdate: new AsyncSeriesBailHook(['metrics'], 'beforeUpdate'),
    onNaN: new AsyncSeriesBailHook(['event'], 'onNaN'),
    afterStep: new AsyncSeriesHook(['metrics'], 'afterStep'),
    validate: new AsyncSeriesHook(['validation'], 'validate'),
    save: new AsyncSeriesHook(['checkpoint'], 'save'),
    load: new AsyncSeriesHook(['checkpoint'], 'load'),
    done: new AsyncSeriesHook(['summary'], 'done'),
    fail: new AsyncSeriesHook(['error'], 'fail'),
  };
}
