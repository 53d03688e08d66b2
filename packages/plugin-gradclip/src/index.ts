/**
 * Gradient clipping that never hides a NaN, never spreads one, and keeps it out of its statistics.
 */
import {
  definePlugin,
  type NamedTensors,
  type PluginTrainer,
  type RifePlugin,
  type Trace,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {ClipState} from './clipState.js';
import {clampGradients, clipUnits, type Clipped} from './entrywise.js';
import {globalNorm, isClipped, normFactor, scale} from './globalNorm.js';
import {NormHistory} from './normHistory.js';
import {NormTrend} from './normTrend.js';
import {checkOptions, NAME, type CompleteOptions, type GradClipOptions} from './options.js';
import type {DeclareScalar, NormStatistic} from './statistic.js';

export {clampGradients, clipUnits, type Clipped, type UnitBound} from './entrywise.js';
export {clipByNorm, globalNorm, isClipped, normFactor} from './globalNorm.js';
export {NAME, optionsSchema} from './options.js';
export type * from './options.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Global norm before clipping. */
    'gradclip/norm': true;
    /** Global norm after clipping, divided by that before; 1 if nothing was clipped. */
    'gradclip/factor': true;
    /** 1 when this step was clipped, else 0. */
    'gradclip/clipped': true;
    /** Share of the last 200 updates that were clipped. */
    'gradclip/share': true;
  }
}

/** The statistic that provides a mode's bound, if it has one. */
function statisticOf(options: CompleteOptions): NormStatistic | undefined {
  if (options.mode === 'autoclip') return new NormHistory(options.percentile, options.history);
  return options.mode === 'zclip' ? new NormTrend(options) : undefined;
}

/** One run of the plugin: its state, and the tap that uses it. */
class Clipper {
  readonly state: ClipState;
  private readonly statistic: NormStatistic | undefined;

  constructor(private readonly options: CompleteOptions) {
    this.statistic = statisticOf(options);
    this.state = new ClipState(options.mode, this.statistic);
  }

  /**
   * Traced. After the all-reduce and the finite guard: this norm is that of the whole batch, on
   * every replica.
   */
  readonly clip = (gradients: NamedTensors, trace: Trace): NamedTensors => {
    const declare: DeclareScalar = (name, value) => trace.scalar(`gradclip.${name}`, value);
    const norm = globalNorm(gradients);
    const isInWarmup =
      this.options.warmupSteps > 0 ? tf.greater(declare('warmup', this.readWarmup), 0.5) : undefined;
    const parts = this.clipParts(gradients, trace, this.limit(norm, isInWarmup));
    const bound = this.bound(norm, declare, isInWarmup);
    const inner = parts ? globalNorm(parts.gradients) : norm;
    const factor = normFactor(inner, bound);
    trace.log('gradclip/norm', norm);
    trace.log('gradclip/factor', parts ? tf.mul(factor, ratioOf(inner, norm)) : factor);
    trace.log('gradclip/clipped', anyOf(isClipped(inner, bound), parts?.count));
    return scale(parts?.gradients ?? gradients, factor);
  };

  private readonly readWarmup = () => (this.state.updates < this.options.warmupSteps ? 1 : 0);

  /**
   * Bound of values or units, by mode: the option's, or Infinity during warm-up and if the norm is
   * not finite.
   */
  private limit(norm: tf.Scalar, isInWarmup: tf.Tensor | undefined): (value: number) => tf.Scalar {
    return value => {
      const isFinite = tf.isFinite(norm);
      const isOn = isInWarmup ? tf.logicalAnd(isFinite, tf.logicalNot(isInWarmup)) : isFinite;
      return tf.where<tf.Scalar>(isOn, tf.scalar(value), tf.scalar(Infinity));
    };
  }

  private clipParts(
    gradients: NamedTensors,
    trace: Trace,
    limit: (value: number) => tf.Scalar,
  ): Clipped | undefined {
    const {options} = this;
    if (options.mode === 'value') return clampGradients(gradients, limit(options.maxValue));
    if (options.mode !== 'adaptive') return undefined;
    const {floor} = options;
    return clipUnits(gradients, name => trace.parameter(name), {ratio: limit(options.ratio), floor});
  }

  /** Bound of the global norm in this step; Infinity for none. */
  private bound(norm: tf.Scalar, declare: DeclareScalar, isInWarmup: tf.Tensor | undefined): tf.Scalar {
    const {warmupMaxNorm = Infinity} = this.options;
    const {maxNorm = Infinity} = this.options as {maxNorm?: number};
    const cap = tf.scalar(maxNorm);
    const learnt = this.statistic ? tf.minimum<tf.Scalar>(this.statistic.bound(norm, declare), cap) : cap;
    return isInWarmup ? tf.where<tf.Scalar>(isInWarmup, tf.scalar(warmupMaxNorm), learnt) : learnt;
  }
}

/** after / before; 1 if that is undefined. */
function ratioOf(after: tf.Scalar, before: tf.Scalar): tf.Scalar {
  const isMeaningful = tf.logicalAnd(tf.isFinite(before), tf.greater(before, 0));
  return tf.where<tf.Scalar>(isMeaningful, tf.div<tf.Scalar>(after, before), tf.onesLike(before));
}

/** 1 when the flag is set or the count is above 0, else 0. */
const anyOf = (flag: tf.Scalar, count: tf.Scalar | undefined): tf.Scalar =>
  count ? tf.cast(tf.greater<tf.Scalar>(tf.add(flag, count), 0), 'float32') : flag;

/** Created here, not in the factory: each trainer that applies the plugin has its own state. */
function applyTo({hooks, warn}: PluginTrainer, options: CompleteOptions): void {
  const {state, clip} = new Clipper(options);
  hooks.gradients.tap(NAME, clip);
  hooks.afterStep.tap(NAME, ({updated, logs}) => {
    if (!updated) return;
    state.add(logs['gradclip/norm']!, logs['gradclip/clipped'] === 1);
    logs['gradclip/share'] = state.share();
  });
  hooks.save.tap(NAME, ({plugins}) => void (plugins[NAME] = state.save()));
  hooks.load.tap(NAME, ({plugins}) => {
    if (!state.load(plugins[NAME]))
      warn('the checkpoint contains the state of another mode: statistics start afresh');
  });
}

/**
 * Plugin that clips gradients: by their global norm (the default), by value, by unit (AGC), to a
 * percentile of their norms (AutoClip) or by z-score (ZClip). Logs `gradclip/norm`,
 * `gradclip/factor`, `gradclip/clipped` and `gradclip/share`.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function gradClip(options: GradClipOptions = {}): RifePlugin {
  const complete = checkOptions(options);
  return definePlugin({name: NAME, options: complete, apply: trainer => applyTo(trainer, complete)});
}
