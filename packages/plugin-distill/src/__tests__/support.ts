import type {
  FlowInfo,
  LogKey,
  LossState,
  LossWeight,
  ModelOptions,
  PluginTrainer,
  Progress,
  Trace,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {distill, type DistillOptions} from '../index.js';

export const at = (fraction: number): Progress => ({
  step: Math.round(fraction * 1000),
  steps: 1000,
  fraction,
});

/** Terms and weights as IFNet returns them. */
export const ifnetLoss = (): LossState => ({
  terms: {reconstruction: tf.tensor1d([1, 2]), teacher: tf.tensor1d([3, 4]), distill: tf.tensor1d([5, 6])},
  weights: {reconstruction: 1, teacher: 1, distill: 0.01},
});

type Taps = {
  model?: (options: ModelOptions) => ModelOptions;
  flow?: (flow: tf.Tensor4D, info: FlowInfo, trace: Trace) => tf.Tensor4D;
  afterLoss?: (loss: LossState, trace: Trace) => LossState;
  /** Stage of each tap. */
  stages: Record<string, number>;
};

/** Applies the plugin to a trainer that keeps its taps. */
export function tapsOf(options: DistillOptions | undefined, crop: number | [number, number] = 224): Taps {
  const taps: Taps = {stages: {}};
  const hook = (name: string) => ({
    tap(options: string | {stage?: number}, fn: unknown) {
      taps.stages[name] = typeof options === 'string' ? 0 : (options.stage ?? 0);
      Object.assign(taps, {[name]: fn});
    },
  });
  const hooks = Object.fromEntries(['model', 'flow', 'afterLoss'].map(name => [name, hook(name)]));
  distill(options).apply({hooks, config: {data: {crop}}} as unknown as PluginTrainer);
  return taps;
}

export interface Captured {
  /** Flow of each block, [B,H,W,4]. */
  flows?: tf.Tensor4D[];
  gap?: number[];
  crop?: number | [number, number];
  progress?: Progress;
  loss?: LossState;
  training?: boolean;
}

/** Runs the taps of a step once, as a capture at `progress` does. */
export function run(options: DistillOptions | undefined, given: Captured = {}) {
  const {flows = [], gap = [1, 1], crop, progress = at(0), loss = ifnetLoss(), training = true} = given;
  const taps = tapsOf(options, crop);
  const logs: Partial<Record<LogKey, tf.Scalar>> = {};
  const declared = new Map<string, (progress: Progress) => number>();
  const trace = {
    gap: tf.tensor1d(gap),
    timestep: tf.fill([gap.length], 0.5),
    training,
    scalar(name: string, value: (progress: Progress) => number) {
      declared.set(name, value);
      return tf.scalar(value(progress));
    },
    log: (key: LogKey, value: tf.Scalar) => (logs[key] = value),
  } as unknown as Trace;
  const capture = () => {
    flows.forEach((flow, stage) => {
      const role = stage === flows.length - 1 ? 'teacher' : 'student';
      taps.flow?.(flow, {block: `block${stage}`, stage, scale: 1, role}, trace);
    });
    return taps.afterLoss!(loss, trace);
  };
  return {result: capture(), logs, declared, taps, trace, again: capture};
}

/** A weight as numbers: one, or one per sample. */
export const numbers = (weight: LossWeight | undefined): number[] =>
  typeof weight === 'number' ? [weight] : [...weight!.dataSync()];
