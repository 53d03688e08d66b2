/** State and taps of one run; index.ts ties them to the hooks. */
import type {
  CheckpointContext,
  LossState,
  PluginTrainer,
  Progress,
  SamplingPolicy,
  StepContext,
  StepMetrics,
  Trace,
} from '@rife-train/core';
import {gapLosses, inverseWeights, learnLogVariances, sampleWeights_B, weighLoss} from './lossWeights.js';
import {NAME} from './name.js';
import type {GapRange, ResolvedLossDriven, ResolvedOptions} from './options.js';
import {observe, freshWatch} from './plateau.js';
import {describePolicy, sharesOf, withGaps, withRehearsal} from './policy.js';
import {addTo, type GapSample} from './running.js';
import {gapsAt, reachOf, scheduleOf} from './schedule.js';
import {freshState, parseState, type CurriculumState} from './state.js';
import {dataStepOf, decide, gapBefore, inForce, leadOf, type Decisions} from './widening.js';

export class Curriculum {
  private state: CurriculumState;
  /** Last step of the data that a policy was asked for. */
  private lastAsked = -1;
  /** Whether a step has begun. From then on a load is a rollback. */
  private running = false;
  /** Weights of this step by gap; all others are 1. */
  private weights: ReadonlyMap<number, number> = new Map();
  private readonly weightFunctions = new Map<number, () => number>();
  private described = '';

  constructor(
    private readonly options: ResolvedOptions,
    private readonly trainer: Pick<PluginTrainer, 'config' | 'log'>,
  ) {
    this.state = freshState(this.firstDecision(0), 0);
  }

  /** Tap of `sampling`. */
  readonly sample = (policy: SamplingPolicy, progress: Progress): SamplingPolicy => {
    this.lastAsked = Math.max(this.lastAsked, progress.step);
    const {balance, rehearsal} = this.options;
    const ranged = withGaps(policy, this.rangeAt(progress, policy));
    const balanced = balance ? {...ranged, balance} : ranged;
    return rehearsal ? withRehearsal(balanced, rehearsal) : balanced;
  };

  /** Tap of `beforeStep`: sets the weights that the scalars of this step use. */
  readonly prepare = ({policy}: StepContext): void => {
    this.running = true;
    this.describe(policy);
    const {lossWeights} = this.options;
    if (!lossWeights) return;
    const {loss, logVariances} = this.state;
    this.weights = inverseWeights(
      gapLosses(loss, logVariances, sharesOf(policy), lossWeights),
      lossWeights.bounds,
    );
  };

  /** Tap of `afterLoss`. */
  readonly weigh = (loss: LossState, trace: Trace): LossState => {
    const reach = reachOf(this.options, this.trainer.config);
    return weighLoss(
      loss,
      sampleWeights_B(trace, reach, gap => this.weightFunction(gap)),
    );
  };

  /** Tap of `afterStep`. */
  readonly observe = (metrics: StepMetrics): void => {
    const step = dataStepOf(metrics.batches[1] - 1, this.trainer.config);
    // A step that was not applied says nothing about the network, and decides nothing.
    const samples = metrics.updated ? this.samplesOf(metrics) : [];
    for (const sample of samples) this.remember(sample);
    const {lossWeights, lossDriven} = this.options;
    if (lossWeights?.mode === 'uncertainty') {
      const {logVariances, loss} = this.state;
      this.state.logVariances = learnLogVariances(logVariances, samples, loss, lossWeights);
    }
    if (lossDriven && metrics.updated) this.widen(lossDriven, step, samples);
    Object.assign(metrics.logs, this.logsOf(samples, this.rangeAt(this.progressAt(step), metrics.policy)));
  };

  /** Tap of `save`. */
  readonly save = ({plugins}: CheckpointContext): void => {
    plugins[NAME] = structuredClone(this.state);
  };

  /**
   * Tap of `load`.
   * @throws RIFE_ERR_PLUGIN_STATE
   */
  readonly load = ({plugins, step, rewindsData = false}: CheckpointContext): void => {
    const saved = plugins[NAME];
    const loaded = saved === undefined ? freshState(this.firstDecision(step), step) : parseState(NAME, saved);
    // A rollback restores the network and its measurements. If the data continues, so do the
    // decisions about it.
    const {decisions, lead} = this.running && !rewindsData ? this.state : loaded;
    this.state = {...loaded, decisions, lead};
    if (rewindsData) this.lastAsked = -1;
  };

  private firstDecision(step: number): Decisions {
    const first = this.options.lossDriven?.ranges[0];
    return first ? [[step, first]] : [];
  }

  private progressAt(step: number): Progress {
    const {steps} = this.trainer.config;
    return {step, steps, fraction: Math.min(1, step / steps)};
  }

  private rangeAt({step, fraction}: Progress, {minGap, maxGap}: SamplingPolicy): GapRange {
    if (this.options.lossDriven) return inForce(this.state.decisions, step)[1];
    const schedule = scheduleOf(this.options);
    return schedule ? gapsAt(schedule, fraction) : [minGap, maxGap];
  }

  private weightFunction(gap: number): () => number {
    let known = this.weightFunctions.get(gap);
    if (!known) this.weightFunctions.set(gap, (known = () => this.weights.get(gap) ?? 1));
    return known;
  }

  /** The graph's weight of a gap: float32, and beyond the range that of its nearest gap. */
  private weightOf(gap: number): number {
    if (!this.options.lossWeights) return 1;
    const [first, last] = reachOf(this.options, this.trainer.config);
    return Math.fround(this.weights.get(Math.min(last, Math.max(first, gap))) ?? 1);
  }

  private samplesOf({perSample}: StepMetrics): GapSample[] {
    return perSample
      .map(({gap, loss, psnr}) => {
        const whole = Math.ceil(gap);
        return {gap: whole, loss: loss / this.weightOf(whole), psnr};
      })
      .filter(({loss}) => Number.isFinite(loss));
  }

  private remember({gap, loss, psnr}: GapSample): void {
    const {memory} = this.options;
    addTo(this.state.loss, gap, loss, memory);
    if (psnr !== undefined) addTo(this.state.psnr, gap, psnr, memory);
  }

  private widen(options: ResolvedLossDriven, step: number, samples: readonly GapSample[]): void {
    const {decisions} = this.state;
    const [from] = inForce(decisions, step);
    const before = gapBefore(decisions, step);
    const watch = this.state.watch.from === from ? this.state.watch : freshWatch(from);
    const hardest = samples.filter(({gap}) => gap > before);
    this.state.watch = observe(watch, hardest, options);
    this.state.lead = Math.max(this.state.lead, leadOf(this.trainer.config));
    const {plateaus} = this.state.watch;
    const moment = {step, lead: this.state.lead, plateaus, lastAsked: this.lastAsked};
    this.state.decisions = decide(decisions, options, moment);
    if (this.state.decisions !== decisions) this.logDecision(plateaus, options);
  }

  private logDecision(plateaus: number, {patience, window, maxSteps}: ResolvedLossDriven): void {
    const [from, [min, max]] = this.state.decisions.at(-1)!;
    const why =
      plateaus >= patience
        ? `${plateaus} windows of ${window} updates without improvement`
        : `maxSteps of ${maxSteps} reached`;
    this.trainer.log(`${why}: gaps ${min}-${max} from step ${from} of the data on`);
  }

  private describe(policy: SamplingPolicy): void {
    const text = describePolicy(policy);
    if (text !== this.described) this.trainer.log(text);
    this.described = text;
  }

  private logsOf(samples: readonly GapSample[], [minGap, maxGap]: GapRange): Record<string, number> {
    const logs: Record<string, number> = {'curriculum/minGap': minGap, 'curriculum/maxGap': maxGap};
    if (this.options.lossDriven) logs['curriculum/plateaus'] = this.state.watch.plateaus;
    for (const {gap} of samples) {
      const [loss, count] = this.state.loss[gap]!;
      logs[`curriculum/loss/${gap}`] = loss;
      logs[`curriculum/count/${gap}`] = count;
      const psnr = this.state.psnr[gap];
      if (psnr) logs[`curriculum/psnr/${gap}`] = psnr[0];
      if (this.options.lossWeights) logs[`curriculum/weight/${gap}`] = this.weightOf(gap);
    }
    return logs;
  }
}
