/**
 * Keeps a run alive: detects trouble before the update, returns to a snapshot, avoids the batches,
 * and continues with softer settings.
 */
import {
  cropSides,
  definePlugin,
  type CheckpointContext,
  type LossState,
  type PluginTrainer,
  type RifePlugin,
  type StepMetrics,
  type Trace,
  type Verdict,
  verdictWord,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {Escalation, type EscalationMemory} from './escalation.js';
import {Health, meanGapOf, type HealthMemory, type Judgement} from './health.js';
import {checkOptions, NAME, type CompleteOptions, type RecoverOptions} from './options.js';
import {Softening, type SofteningMemory} from './softening.js';

export {NAME, optionsSchema} from './options.js';
export type * from './options.js';
export type {Finding} from './health.js';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Robust z-score of the loss, and of the gradient norm; once there are enough steps. */
    'recover/loss': true;
    'recover/gradient': true;
    /** Largest |flow| over the shorter side of the crop. */
    'recover/share': true;
    /** Rollbacks that count towards the limit. */
    'recover/rollbacks': true;
    /** Factors on the learning rate and on the weight of `distill`. */
    'recover/learningRate': true;
    'recover/distill': true;
    /** 0: none, 1: skip, 2: rollback, 3: stop. */
    'recover/verdict': true;
  }
}

/** Before and after the taps of other plugins. */
const [FIRST, LAST] = [-1000, 1000];
const VERDICT_CODES = {none: 0, skip: 1, rollback: 2, stop: 3} as const;

/** State in checkpoints. */
interface SavedState {
  health?: HealthMemory;
  escalation?: EscalationMemory;
  softening?: SofteningMemory;
}

const codeOf = (verdict: Verdict | undefined) =>
  VERDICT_CODES[verdict === undefined ? 'none' : verdictWord(verdict)];

const figure = (value: number | undefined) =>
  value === undefined ? '-' : String(Number(value.toPrecision(3)));

function describe(step: number, {finding, loss, gradient, share}: Judgement, verdict: Verdict): string {
  const facts = `z-score of the loss ${figure(loss)}, of the gradient norm ${figure(gradient)}, largest |flow| ${figure(share)} crops`;
  const word = verdictWord(verdict);
  const target =
    typeof verdict === 'object' && 'rollback' in verdict
      ? ` to the snapshot of step ${verdict.rollback.step}, avoiding batches ${verdict.avoid!.join(' to ')}`
      : word === 'rollback'
        ? ' to the newest checkpoint: there is no snapshot yet'
        : '';
  return `step ${step}: ${finding} (${facts}): ${word}${target}`;
}

/** One run of the plugin. */
class Recovery {
  private readonly health: Health;
  private readonly escalation: Escalation;
  private readonly softening: Softening;
  /** A rollback that this plugin asked for is under way. */
  private goingBack = false;
  /** Whether a step has begun. From then on a load is a rollback. */
  private running = false;
  private readonly inCheckpoints: boolean;

  constructor(
    private readonly trainer: PluginTrainer,
    {soften, inCheckpoints, ...options}: CompleteOptions,
  ) {
    this.inCheckpoints = inCheckpoints;
    this.health = new Health(options);
    this.escalation = new Escalation(options);
    this.softening = new Softening(soften);
  }

  /** Before every other tap, so that a snapshot holds their state between two steps. */
  readonly beforeStep = async (context: {progress: {step: number}; learningRate: number}): Promise<void> => {
    const {step} = context.progress;
    this.running = true;
    if (this.escalation.isDue(step)) {
      const snapshot = await this.trainer.takeSnapshot();
      if (snapshot.isFinite) this.escalation.keep(snapshot);
    }
    context.learningRate *= this.softening.factorsAt(step).learningRate;
  };

  /** State of a step before its update, or in its place. */
  readonly decide = (
    metrics: StepMetrics,
    state: {isFinite: boolean; weightsBroken?: boolean},
  ): Verdict | undefined => {
    const {progress, loss, gradNorm, maxFlow, logs, batches, policy} = metrics;
    const side = Math.min(...cropSides(this.trainer.config.data));
    const judgement = this.health.judge({
      loss,
      gradNorm,
      maxFlow,
      side,
      meanGap: meanGapOf(policy),
      ...state,
    });
    const verdict = this.escalation.decide(judgement.finding, {step: progress.step, batches});
    this.log(logs, progress.step, judgement, verdict);
    if (verdict === undefined) return undefined;
    const word = verdictWord(verdict);
    this.goingBack = word === 'rollback';
    this.trainer.event('recover', describe(progress.step, judgement, verdict), {
      step: progress.step,
      finding: judgement.finding,
      verdict: word,
      batches,
    });
    return verdict;
  };

  /** Traced. After the taps that set the weight. */
  readonly soften = (state: LossState, trace: Trace): LossState => {
    const weight = state.weights['distill'];
    if (!state.terms['distill'] || weight === undefined || weight === 0) return state;
    const factor = trace.scalar('recover.distill', this.distillFactor);
    return {
      ...state,
      weights: {...state.weights, distill: tf.mul<tf.Scalar | tf.Tensor1D>(weight as tf.Scalar, factor)},
    };
  };

  readonly save = ({plugins, snapshots}: CheckpointContext): void => {
    const {health, escalation, softening} = this;
    const saved: SavedState = {
      health: health.save(),
      escalation: escalation.save(),
      softening: softening.save(),
    };
    plugins[NAME] = saved;
    if (snapshots && this.inCheckpoints) snapshots[NAME] = escalation.kept();
  };

  /**
   * A rollback does not undo the memory of earlier attempts, whoever requested it; a resumed run
   * restores everything.
   */
  readonly load = ({plugins, snapshots, step}: CheckpointContext): void => {
    const {health, escalation, softening} = (plugins[NAME] ?? {}) as SavedState;
    this.health.load(health);
    if (this.goingBack) this.softening.begin(step);
    else if (this.running) this.escalation.forgetBeyond(step);
    else {
      this.escalation.load(escalation, snapshots?.[NAME]);
      this.softening.load(softening);
    }
    this.goingBack = false;
  };

  private readonly distillFactor = ({step}: {step: number}) => this.softening.factorsAt(step).distill;

  private log(
    logs: Record<string, number>,
    step: number,
    {loss, gradient, share}: Judgement,
    verdict: Verdict | undefined,
  ): void {
    const factors = this.softening.factorsAt(step);
    if (loss !== undefined) logs['recover/loss'] = loss;
    if (gradient !== undefined) logs['recover/gradient'] = gradient;
    logs['recover/share'] = share;
    logs['recover/rollbacks'] = this.escalation.countAt(step);
    logs['recover/learningRate'] = factors.learningRate;
    logs['recover/distill'] = factors.distill;
    logs['recover/verdict'] = codeOf(verdict);
  }
}

function applyTo(trainer: PluginTrainer, options: CompleteOptions): void {
  const {hooks} = trainer;
  const recovery = new Recovery(trainer, options);
  hooks.beforeStep.tapPromise({name: NAME, stage: FIRST}, recovery.beforeStep);
  hooks.beforeUpdate.tap(NAME, metrics => recovery.decide(metrics, {isFinite: true}));
  hooks.onNaN.tap(NAME, event =>
    recovery.decide(event, {isFinite: false, weightsBroken: event.weightsBroken}),
  );
  if (options.soften && options.soften.distill < 1)
    hooks.afterLoss.tap({name: NAME, stage: LAST}, recovery.soften);
  hooks.save.tap(NAME, recovery.save);
  hooks.load.tap(NAME, recovery.load);
}

/**
 * Plugin that recovers a run. It judges each step before its update (not finite, surge of the loss,
 * runaway flow, dead network). It skips steps, returns to a snapshot in memory and avoids the
 * batches in between, lowers learning rate and distillation weight for a while, and stops if that
 * does not help.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function recover(options: RecoverOptions = {}): RifePlugin {
  const complete = checkOptions(options);
  return definePlugin({
    name: NAME,
    options: complete,
    snapshotsKept: complete.inCheckpoints ? complete.keep : 0,
    apply: trainer => applyTo(trainer, complete),
  });
}
