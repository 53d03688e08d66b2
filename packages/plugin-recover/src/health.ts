/**
 * Judges from a step's numbers whether the run is healthy. Numbers are means over the whole batch
 * and all replicas, so all replicas judge alike.
 */
import type {SamplingPolicy} from '@rife-train/core';
import type {CompleteOptions} from './options.js';
import {Usual} from './usual.js';

/** What a step reports. */
export interface Reading {
  /** NaN or infinite if the step was not finite. */
  loss: number;
  gradNorm: number;
  /** Largest |flow component| in pixels. */
  maxFlow: number;
  /** Shorter side of the crop in pixels. */
  side: number;
  /** Mean gap of the policy in force, in frames. */
  meanGap: number;
  isFinite: boolean;
  /** Weights or moments are not finite. @default false */
  weightsBroken?: boolean;
}

/** `suspicious`: one unusual step. Skipping a step does not resolve the other troubles. */
export type Finding =
  'well' | 'suspicious' | 'not finite' | 'broken weights' | 'surge' | 'run-away flow' | 'dead network';

export interface Judgement {
  finding: Finding;
  /** z-score of the loss, and of the gradient norm; undefined during warm-up. */
  loss: number | undefined;
  gradient: number | undefined;
  /** Largest |flow| over the side of the crop. */
  share: number;
}

/** JSON. */
export interface HealthMemory {
  losses: number[];
  norms: number[];
  unusual: number;
  still: number;
  /** Mean gap to which the losses belong. */
  meanGap: number;
}

/**
 * Losses grow with the gap: beyond this factor, earlier losses are no basis for judging new ones.
 */
const OTHER_GAPS = 1.25;

/** Mean gap of a policy: from the source's shares, else from the policy's weights. */
export function meanGapOf({minGap, maxGap, gapShares, gapWeights}: SamplingPolicy): number {
  const shares = gapShares ?? gapWeights ?? Array.from({length: maxGap - minGap + 1}, () => 1);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.reduce((sum, share, i) => sum + share * (minGap + i), 0) / total;
}

/** Number of losses with which `dead` compares if there is no `surge`. */
const WINDOW = 200;

export class Health {
  private readonly losses: Usual;
  private readonly norms: Usual;
  /** Suspicious steps in a row, and steps without gradient in a row. */
  private unusual = 0;
  private still = 0;
  private meanGap = 0;

  constructor(private readonly options: Pick<CompleteOptions, 'surge' | 'runaway' | 'dead'>) {
    const {window, warmup} = options.surge || {window: WINDOW, warmup: WINDOW};
    this.losses = new Usual(window, warmup);
    this.norms = new Usual(window, warmup);
  }

  /** Judges a step, and records it. */
  judge(reading: Reading): Judgement {
    const {loss, gradNorm, maxFlow, side, meanGap} = reading;
    this.restartFor(meanGap);
    const scores = {loss: this.losses.scoreOf(loss), gradient: this.norms.scoreOf(gradNorm)};
    this.still = reading.isFinite && this.isStill(gradNorm) ? this.still + 1 : 0;
    this.unusual = reading.isFinite && this.isUnusual(scores) ? this.unusual + 1 : 0;
    const finding = this.finding(reading);
    // A step without gradient is no basis for judging others either.
    if (finding === 'well' && this.still === 0) {
      this.losses.add(loss);
      this.norms.add(gradNorm);
    }
    return {finding, ...scores, share: maxFlow / side};
  }

  save(): HealthMemory {
    const {losses, norms, unusual, still, meanGap} = this;
    return {losses: losses.save(), norms: norms.save(), unusual, still, meanGap};
  }

  /** Without saved state it starts afresh. */
  load({losses = [], norms = [], unusual = 0, still = 0, meanGap = 0}: Partial<HealthMemory> = {}): void {
    this.losses.load(losses);
    this.norms.load(norms);
    [this.unusual, this.still, this.meanGap] = [unusual, still, meanGap];
  }

  /**
   * Other gaps (a curriculum that widens) are another problem, not a surge: a new warm-up collects
   * new statistics.
   */
  private restartFor(meanGap: number): void {
    const known = this.meanGap;
    if (known > 0 && Math.max(known, meanGap) <= OTHER_GAPS * Math.min(known, meanGap)) return;
    this.meanGap = meanGap;
    if (known === 0) return;
    this.losses.load([]);
    this.norms.load([]);
    this.unusual = 0;
  }

  private finding({maxFlow, side, isFinite, weightsBroken = false}: Reading): Finding {
    const {runaway, dead, surge} = this.options;
    if (weightsBroken) return 'broken weights';
    if (runaway && !(maxFlow <= runaway.share * side)) return 'run-away flow';
    if (!isFinite) return 'not finite';
    if (dead && this.still >= dead.steps) return 'dead network';
    if (!surge || this.unusual === 0) return 'well';
    return this.unusual >= surge.patience ? 'surge' : 'suspicious';
  }

  private isStill(gradNorm: number): boolean {
    const {dead} = this.options;
    return dead !== false && gradNorm <= dead.ratio * (this.norms.typical() ?? 0);
  }

  private isUnusual({loss, gradient}: {loss: number | undefined; gradient: number | undefined}): boolean {
    const {surge} = this.options;
    return surge !== false && Math.max(loss ?? 0, gradient ?? 0) > surge.threshold;
  }
}
