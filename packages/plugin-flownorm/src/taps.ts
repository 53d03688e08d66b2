/** Taps of the traced hook `flow`. Axes: B batch, H height, W width, F = 4 flow channels. */
import type {FlowInfo, Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {FlowSum} from './absorption.js';
import {boundedShare, boundFlow, boundOf, type Bound} from './bound.js';
import type {RunningScale} from './normalize.js';
import type {CheckedOptions} from './options.js';

type FlowTap = (flow: tf.Tensor4D, info: FlowInfo, trace: Trace) => tf.Tensor4D;
type CheckedBound = Exclude<CheckedOptions['bound'], false>;

/** Scales a block's flow by its running size; declares one scalar per block. */
export function runningTap(scale: RunningScale): FlowTap {
  // The same function at each trace: a scalar belongs to the function that it was declared with.
  const factors = new Map<string, () => number>();
  const factorOf = (block: string) => {
    if (!factors.has(block)) factors.set(block, () => scale.factor(block));
    return factors.get(block)!;
  };
  return (flow, {block}, trace) => {
    const factor = trace.scalar(`flownorm.${block}`, factorOf(block));
    if (trace.training) {
      trace.log(`flownorm/size/${block}`, tf.mean<tf.Scalar>(tf.abs(flow)));
      trace.log(`flownorm/factor/${block}`, factor);
    }
    return tf.mul(flow, factor);
  };
}

/** The bound of a block's flow, in pixels of the current image. */
export function boundAt(
  {unit, limits, knee}: CheckedBound,
  stage: number,
  [, height, width]: readonly number[],
): Bound {
  const limit = limits[Math.min(stage, limits.length - 1)]!;
  const [x, y] = unit === 'pixels' ? [limit, limit] : [limit * width!, limit * height!];
  return boundOf([x, y, x, y], knee);
}

export const boundTap =
  (options: CheckedBound): FlowTap =>
  (flow, {block, stage}, trace) => {
    const bound = boundAt(options, stage, flow.shape);
    if (trace.training) trace.log(`flownorm/bounded/${block}`, boundedShare(flow, bound));
    return boundFlow(flow, bound);
  };

/** Only observes, after the taps that change the flow. */
export function absorptionTap(): FlowTap {
  const sums = new FlowSum();
  return (flow, info, trace) => {
    const absorbed = trace.training ? sums.add(flow, info, trace) : undefined;
    if (absorbed) trace.log(`flownorm/absorbed/${info.block}`, absorbed);
    return flow;
  };
}
