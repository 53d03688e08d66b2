/** Normalises and bounds the flow, and warns before it runs away. */
import {
  cropSides,
  definePlugin,
  type PluginTrainer,
  type RifePlugin,
  type StepMetrics,
} from '@rife-train/core';
import {RunningScale, scaleToImage, type RunningSizes} from './normalize.js';
import {checkOptions, type CheckedOptions, type FlowNormOptions} from './options.js';
import {RunawayWatch, type WatchMemory} from './runaway.js';
import {absorptionTap, boundTap, runningTap} from './taps.js';

export {absorbedShare} from './absorption.js';
export {boundFlow, boundOf, type Bound} from './bound.js';
export {RunningScale, scaleToImage, type RunningSizes} from './normalize.js';
export {
  optionsSchema,
  type BoundOptions,
  type ByRunningSize,
  type BySize,
  type FlowNormOptions,
} from './options.js';
export {
  RunawayWatch,
  WATCH_DEFAULTS,
  type FlowReading,
  type FlowState,
  type WatchMemory,
  type WatchOptions,
} from './runaway.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Largest |flow| over the shorter side of the crop. */
    'flownorm/share': true;
    /** Growth of the medians of the largest |flow| over the window; once there are enough steps. */
    'flownorm/growth': true;
    /** 1 while a limit is exceeded, else 0. */
    'flownorm/alarm': true;
    /** Share of the pixels at which the block's correction is lost in float32. */
    [absorbed: `flownorm/absorbed/${string}`]: true;
    /** Share of the block's flow components beyond the knee of the bound. */
    [bounded: `flownorm/bounded/${string}`]: true;
    /** Mean |component| of the block's own flow before it is scaled, in pixels. */
    [size: `flownorm/size/${string}`]: true;
    /** What the block's flow was multiplied by. */
    [factor: `flownorm/factor/${string}`]: true;
  }
}

export const NAME = 'rife:flownorm';
/** After other taps of `flow`, so that the bound holds; and after those that change it at all. */
const [LATE, LAST] = [100, 1000];

/** State in checkpoints. */
interface SavedState {
  sizes?: RunningSizes;
  watch?: WatchMemory;
}

/** Values of the logs `<prefix><block>`, by block. */
const byBlock = (logs: StepMetrics['logs'], prefix: string) =>
  Object.fromEntries(
    Object.entries(logs).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );

/** The host's part of the watch: measures, logs and warns. */
function tapWatch(watch: RunawayWatch, trainer: PluginTrainer): void {
  trainer.hooks.afterStep.tap(NAME, ({progress: {step}, maxFlow, logs}) => {
    const side = Math.min(...cropSides(trainer.config.data));
    const absorbed = byBlock(logs, 'flownorm/absorbed/');
    const {state, isOver, warning} = watch.observe({step, maxFlow, side, absorbed});
    logs['flownorm/share'] = state.share;
    if (state.growth !== undefined) logs['flownorm/growth'] = state.growth;
    logs['flownorm/alarm'] = Number(isOver);
    if (warning) trainer.warn(warning);
  });
}

/** A step that was skipped as not finite does not change the running sizes. */
function tapSizes(scale: RunningScale, {hooks}: PluginTrainer): void {
  hooks.afterStep.tap(NAME, ({updated, logs}) => {
    if (updated) scale.observe(byBlock(logs, 'flownorm/size/'));
  });
}

/** Keeps the state of both in checkpoints; without it they start afresh. */
function tapState(scale: RunningScale | false, watch: RunawayWatch | false, {hooks}: PluginTrainer): void {
  hooks.save.tap(NAME, ({plugins}) => {
    const state: SavedState = {...(scale && {sizes: scale.save()}), ...(watch && {watch: watch.save()})};
    plugins[NAME] = state;
  });
  hooks.load.tap(NAME, ({plugins}) => {
    const state = (plugins[NAME] ?? {}) as SavedState;
    if (scale) scale.load(state.sizes);
    if (watch) watch.load(state.watch);
  });
}

function apply(trainer: PluginTrainer, {normalize, bound, watch: limits}: CheckedOptions): void {
  const {flow} = trainer.hooks;
  const late = {name: NAME, stage: LATE};
  const scale = normalize && normalize.by === 'running' && new RunningScale(normalize.limit, normalize.over);
  const watch = limits && new RunawayWatch(limits);
  if (normalize && normalize.by === 'size') flow.tap(late, x => scaleToImage(x, normalize.reference));
  if (scale) flow.tap(late, runningTap(scale));
  if (bound) flow.tap(late, boundTap(bound));
  if (watch) flow.tap({name: NAME, stage: LAST}, absorptionTap());
  if (watch) tapWatch(watch, trainer);
  if (scale) tapSizes(scale, trainer);
  if (scale || watch) tapState(scale, watch, trainer);
}

/**
 * Plugin that normalises flow, bounds it, and warns before it runs away; each can be used alone.
 * Without options it only warns, and changes nothing.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function flowNorm(options: FlowNormOptions = {}): RifePlugin {
  const checked = checkOptions(NAME, options);
  return definePlugin({
    name: NAME,
    options: checked,
    changesPrediction: checked.normalize !== false || checked.bound !== false,
    apply: trainer => apply(trainer, checked),
  });
}
