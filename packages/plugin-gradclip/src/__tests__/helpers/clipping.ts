/** The plugin step by step on given gradients, without a trainer. */
import type {NamedTensors, StepMetrics} from '@rife-train/core';
import {PluginProbe, probeTrace, type ProbeTraceOptions} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {gradClip, NAME, type GradClipOptions} from '../../index.js';

export const values = (gradients: NamedTensors) =>
  Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, [...gradient.dataSync()]]));

export class Clipping {
  readonly probe: PluginProbe;

  constructor(readonly options?: GradClipOptions) {
    this.probe = new PluginProbe(gradClip(options));
  }

  /** One update; returns the gradients and the logs of the step. */
  async step(gradients: NamedTensors, trace: ProbeTraceOptions = {}) {
    const probe = probeTrace(trace);
    const result = values(this.probe.pass('gradients', gradients, probe));
    const metrics = {updated: true, logs: {...probe.logs}} as unknown as StepMetrics;
    await this.probe.call('afterStep', metrics);
    return {result, logs: metrics.logs};
  }

  /** Updates with single gradients of these norms; returns the norms after clipping. */
  async norms(norms: readonly number[]): Promise<number[]> {
    const after: number[] = [];
    for (const norm of norms) after.push((await this.step({a: tf.tensor1d([norm])})).result['a']![0]!);
    return after;
  }

  /** A step that the guard refused: the gradients hook does not fire. */
  skip(): Promise<unknown> {
    return this.probe.call('afterStep', {updated: false, logs: {}});
  }

  saved(): Promise<unknown> {
    return this.probe.saved(NAME);
  }

  load(state: unknown): Promise<void> {
    return this.probe.load(NAME, state);
  }
}

export function expectClose(got: readonly number[], expected: readonly number[], digits = 6): void {
  expect(got).toHaveLength(expected.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
}
