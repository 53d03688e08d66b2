/**
 * A loss term that keeps each block's flow smooth: a small price for every step from one pixel to
 * the next.
 */
// Axes: B batch, H height, W width, F = 4 flow channels.
import {
  definePlugin,
  parseOptions,
  type FlowInfo,
  type LossState,
  type RifePlugin,
  type Trace,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';

declare module '@rife-train/core' {
  interface LossTermRegistry {
    /** Roughness of the students' flow in pixels, mean over blocks. */
    smoothFlow: true;
  }
  interface LogKeyRegistry {
    /** Mean over the batch of the term before weighting. */
    'smooth-flow/roughness': true;
  }
}

export const NAME = 'example:smooth-flow';

const schema = z
  .strictObject({
    /**
     * Weight of the term for samples of gap 1; others have `weight / gap`, since large motion may
     * have edges.
     */
    weight: z.number().positive().finite().default(0.001),
    /**
     * Steps of flow well below this count by their square, steps well above by their size; in
     * pixels.
     */
    epsilon: z.number().positive().finite().default(0.01),
  })
  .default({weight: 0.001, epsilon: 0.01});

export type SmoothFlowOptions = z.input<typeof schema>;

type Four = [number, number, number, number];

/** Difference of neighbours along an axis: one shorter than the flow there. */
function steps(flow_BHWF: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  // Arrays of their own for each op: the gradient looks at them again when it runs.
  const at = (index: number) => [0, 1, 2, 3].map(i => (i === axis ? index : 0)) as Four;
  const size = flow_BHWF.shape.map((length, i) => (i === axis ? length - 1 : length)) as Four;
  return tf.sub(tf.slice(flow_BHWF, at(1), size), tf.slice(flow_BHWF, at(0), size));
}

/**
 * Roughness of a flow, [B]: the Charbonnier norm `sqrt(d^2 + epsilon^2) - epsilon` of the
 * difference of neighbours, mean over pixels and channels, summed over both axes. 0 for a constant
 * flow; its slope is finite everywhere, also there.
 */
export function roughness(flow_BHWF: tf.Tensor4D, epsilon: number): tf.Tensor1D {
  const along = (axis: 1 | 2) => {
    const length = tf.sqrt(tf.add(tf.square(steps(flow_BHWF, axis)), epsilon ** 2));
    return tf.mean<tf.Tensor1D>(tf.sub(length, epsilon), [1, 2, 3]);
  };
  return tf.add(along(1), along(2));
}

/**
 * Plugin that adds the loss term `smoothFlow`; logs `smooth-flow/roughness`.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function smoothFlow(options?: SmoothFlowOptions): RifePlugin {
  const {weight, epsilon} = parseOptions(NAME, schema, options);
  // By trace: what is seen in one capture must not reach another.
  const seen = new WeakMap<Trace, tf.Tensor1D[]>();

  const look = (flow: tf.Tensor4D, {role}: FlowInfo, trace: Trace): tf.Tensor4D => {
    // A prediction has no loss, and the teacher sees gt: it needs no help.
    if (trace.training && role === 'student')
      seen.set(trace, [...(seen.get(trace) ?? []), roughness(flow, epsilon)]);
    return flow;
  };

  const addTerm = ({terms, weights}: LossState, trace: Trace): LossState => {
    const blocks = seen.get(trace) ?? [];
    if (blocks.length === 0) return {terms, weights};
    const term_B = tf.div<tf.Tensor1D>(tf.addN(blocks), blocks.length);
    trace.log('smooth-flow/roughness', tf.mean<tf.Scalar>(term_B));
    return {
      terms: {...terms, smoothFlow: term_B},
      weights: {...weights, smoothFlow: tf.div<tf.Tensor1D>(weight, trace.gap)},
    };
  };

  return definePlugin({
    name: NAME,
    // The flow that is trained is the one behind plugins that change it.
    after: ['rife:flownorm'],
    apply({hooks}) {
      hooks.flow.tap(NAME, look);
      hooks.afterLoss.tap(NAME, addTerm);
    },
  });
}
