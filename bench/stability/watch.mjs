/** Numbers of each step by which a run is observed, and conditions that count as its end. */
import {definePlugin, globalNorm} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

export const PARTS = ['block0', 'block1', 'block2', 'block_tea', 'contextnet', 'unet'];
export const partOf = name => name.split('.')[0];

/**
 * Logs the largest |component| of each block's own flow, and the norm of the gradient of each part.
 * Changes nothing.
 */
export const observer = () =>
  definePlugin({
    name: 'bench:observer',
    apply({hooks}) {
      hooks.flow.tap({name: 'bench:observer', stage: 1000}, (flow, {block}, trace) => {
        if (trace.training) trace.log(`flow/${block}`, tf.max(tf.abs(flow)));
        return flow;
      });
      hooks.gradients.tap({name: 'bench:observer', stage: -1000}, (gradients, trace) => {
        for (const part of PARTS) {
          const own = Object.entries(gradients).filter(([name]) => partOf(name) === part);
          if (own.length > 0) trace.log(`norm/${part}`, globalNorm(own.map(([, gradient]) => gradient)));
        }
        return gradients;
      });
    },
  });

/** Steps in a row almost without gradient that make a network dead. */
const DEAD_STEPS = 20;
/** A gradient below this fraction of the median of the healthy ones counts as none. */
const DEAD_RATIO = 1e-4;
/** Beyond this many sides of the crop a flow shows only the border, from any start. */
export const RUNAWAY_SIDES = 4;

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * How a run ended, from its curve: steps of the first non-finite value, of the first largest |flow|
 * beyond {@link RUNAWAY_SIDES} crops, and of the first in a series of steps without gradient.
 */
export function endOf(curve, side) {
  const first = test => {
    const at = curve.findIndex(test);
    return at < 0 ? undefined : curve[at].step;
  };
  const typical = median(curve.slice(0, 100).map(({gradNorm}) => gradNorm));
  let still = 0;
  const dead = curve.findIndex(({gradNorm}) => {
    still = gradNorm <= DEAD_RATIO * typical ? still + 1 : 0;
    return still === DEAD_STEPS;
  });
  return {
    nonFinite: first(
      ({updated, loss, gradNorm}) => !updated && !(Number.isFinite(loss) && Number.isFinite(gradNorm)),
    ),
    runaway: first(({maxFlow}) => !(maxFlow <= RUNAWAY_SIDES * side)),
    dead: dead < 0 ? undefined : curve[dead - DEAD_STEPS + 1].step,
  };
}

/** Logs under a prefix, by the rest of the key. */
export const under = (prefix, logs, format = value => value) =>
  Object.fromEntries(
    Object.entries(logs).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), format(value)]] : [],
    ),
  );
