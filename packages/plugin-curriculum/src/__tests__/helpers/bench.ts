/** The plugin's taps, fired by hand as the trainer fires them. */
import type {CheckpointContext, PluginTrainer, SamplingPolicy, StepMetrics} from '@rife-train/core';
import {curriculum, NAME, type CurriculumOptions} from '../../index.js';
import type {CurriculumState} from '../../state.js';

type Fn = (...args: unknown[]) => unknown;
/** A sample of a step, in the middle unless it says otherwise. */
export type Sample = Partial<StepMetrics['perSample'][number]> & {gap: number; loss: number};

interface World {
  steps?: number;
  prefetch?: number;
  microSteps?: number;
}

/**
 * A run by hand: `step` asks for the policies that a source reading ahead asks for, and fires the
 * taps of one step.
 */
export class Bench {
  readonly taps = new Map<string, Fn>();
  readonly lines: string[] = [];
  /** Policies as they were when they were asked for, by step of the data. */
  readonly policies: SamplingPolicy[] = [];
  readonly prefetch: number;
  readonly steps: number;
  readonly microSteps: number;
  position = 0;
  dataStep = 0;

  constructor(options: CurriculumOptions, {steps = 1000, prefetch = 4, microSteps = 1}: World = {}) {
    const hooks = new Proxy(
      {},
      {
        get: (_, hook: string) => ({
          tap: (name: string | {name: string}, fn: Fn) => {
            expect(typeof name === 'string' ? name : name.name).toBe(NAME);
            this.taps.set(hook, fn);
          },
        }),
      },
    );
    const config = {steps, data: {prefetch, gaps: [1, 4]}, optim: {microSteps}};
    const log = (line: string) => this.lines.push(line);
    curriculum(options).apply({hooks, config, log} as unknown as PluginTrainer);
    Object.assign(this, {steps, prefetch});
    this.prefetch = prefetch;
    this.microSteps = microSteps;
    this.steps = steps;
  }

  fire = (hook: string, ...args: unknown[]) => this.taps.get(hook)!(...args);
  ask = (step: number, policy: SamplingPolicy = {minGap: 1, maxGap: 4}) =>
    this.fire('sampling', policy, {step, steps: this.steps, fraction: step / this.steps}) as SamplingPolicy;

  /** Fires a step on samples; returns its logs. */
  step(samples: readonly Sample[], {updated = true} = {}): Record<string, number> {
    for (let ahead = 0; ahead <= this.prefetch; ahead++)
      this.policies[this.dataStep + ahead] ??= this.ask(this.dataStep + ahead);
    const policy = this.policies[this.dataStep]!;
    const progress = {step: this.position, steps: this.steps, fraction: this.position / this.steps};
    const perSample = samples.map(sample => ({timestep: 0.5, ...sample}));
    const batches = [this.dataStep * this.microSteps, (this.dataStep + 1) * this.microSteps];
    const metrics = {progress, policy, perSample, updated, batches, logs: {}} as unknown as StepMetrics;
    this.fire('beforeStep', {progress, policy, samples: []});
    this.fire('afterStep', metrics);
    this.position += 1;
    this.dataStep += 1;
    return metrics.logs;
  }

  save(): CurriculumState {
    const context: CheckpointContext = {step: this.position, directory: '', plugins: {}};
    this.fire('save', context);
    return JSON.parse(JSON.stringify(context.plugins[NAME])) as CurriculumState;
  }

  load(saved: unknown, step = 0, {rewindsData = false} = {}): void {
    this.fire('load', {step, directory: '', plugins: {[NAME]: saved}, rewindsData});
    this.position = step;
    if (!rewindsData) return;
    this.dataStep = step;
    this.policies.length = step;
  }
}

/** Three ranges; a window of three updates. */
export const RANGES = {
  lossDriven: {
    ranges: [
      [1, 2],
      [1, 4],
      [3, 8],
    ],
    window: 3,
    improvement: 0.05,
  },
} as const;
/** A loss that stays. */
export const flat = (gap: number): Sample[] => [{gap, loss: 0.5, psnr: 30}];
