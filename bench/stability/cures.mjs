/**
 * Candidate cures that no plugin offers, each as a plugin of the bench. They change the step of the
 * inner layers only, those whose gain grows; everything else is AdamW's.
 */
import {definePlugin} from '@rife-train/core';
import {gainOf, INNER} from '@rife-train/plugin-gainlimit';
import * as tf from '@tensorflow/tfjs-core';
import {BLOCKS} from './anatomy/index.mjs';
import {moveOf} from './inside.mjs';

const made = new Map();
/** A declared scalar needs the same function at each trace. */
function once(key, make) {
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

/** before + factor (next - before). */
const partly = (before, next, factor) => tf.add(before, tf.mul(tf.sub(next, before), factor));

/** A plugin that replaces inner kernels: `change(next, {name, before, trace})` => kernel. */
const onInner = (name, change) => () =>
  definePlugin({
    name: `bench:${name}`,
    apply({hooks}) {
      hooks.parameters.tap(`bench:${name}`, (parameters, trace) =>
        Object.fromEntries(
          Object.entries(parameters).map(([key, next]) => [
            key,
            INNER.test(key) ? change(next, {name: key, before: trace.parameter(key).value, trace}) : next,
          ]),
        ),
      );
    },
  });

/**
 * The opposite: of every update of an inner layer, its largest direction is taken `factor` times
 * (for constant images; spread evenly over the taps). `aside`: what is added has the same size, but
 * directions that change from step to step at random.
 */
export const amplified = (factor, aside = false) =>
  onInner('amplified', (next, {before, trace, name}) => {
    const [height, width, inputs, outputs] = next.shape;
    const {value, from, to} = gainOf(tf.sub(next, before));
    const random = (length, side) => {
      const seed = once(`${name} ${side}`, () => {
        const own = [...`${name} ${side}`].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 997;
        return ({step}) => (step * 0.618034 + own * 0.754877) % 1;
      });
      const phase = trace.scalar(`bench.${side}.${name}`, seed);
      const places = tf.tensor2d([Array.from({length}, (_, i) => (i + 1) * 12.9898)]);
      const noise = tf.sin(tf.mul(places, tf.add(1, phase)));
      return tf.div(noise, tf.sqrt(tf.sum(tf.square(noise))));
    };
    const [a, b] = aside ? [random(inputs, 'in'), random(outputs, 'out')] : [from, to];
    const more = tf.mul(tf.matMul(a, b, true, false), tf.mul(value, (factor - 1) / (height * width)));
    return tf.add(next, more);
  });

/** A tap of `parameters` on all of them: `change(next, before, trace)` => parameters. */
const onAll = (name, change) => () =>
  definePlugin({
    name: `bench:${name}`,
    apply({hooks, config}) {
      hooks.parameters.tap(`bench:${name}`, (next, trace) => {
        const before = Object.fromEntries(Object.keys(next).map(key => [key, trace.parameter(key).value]));
        return {...next, ...change(next, before, trace, config)};
      });
    },
  });

/**
 * Trust region in pixels: a block's update is scaled so that it moves the flow of a constant image
 * by at most `px`, to first order.
 */
export const flowStep = px =>
  onAll('flowStep', (next, before) =>
    Object.fromEntries(
      BLOCKS.flatMap(block => {
        const factor = tf.minimum(1, tf.div(px, tf.maximum(moveOf(before, next, block), 1e-12)));
        return Object.keys(next)
          .filter(key => key.startsWith(`${block}.`))
          .map(key => [key, partly(before[key], next[key], factor)]);
      }),
    ),
  );

/** Learning rate of the recipe at a step, as a function of the progress. */
const rateOf =
  ({optim: {learningRate, warmupSteps}}, factor = 1) =>
  ({step}) =>
    Math.max(factor * learningRate * Math.min(1, step / warmupSteps), 1e-20);

/**
 * Update of each tensor limited in its root mean square, in units of the learning rate (where every
 * entry of Adam's update is one rate, it is 1).
 */
export const rmsClip = limit =>
  onAll('rmsClip', (next, before, trace, config) => {
    const most = trace.scalar(
      'bench.rmsLimit',
      once('rms', () => rateOf(config, limit)),
    );
    return Object.fromEntries(
      Object.entries(next).map(([key, value]) => {
        const rms = tf.sqrt(tf.mean(tf.square(tf.sub(value, before[key]))));
        return [key, partly(before[key], value, tf.minimum(1, tf.div(most, tf.maximum(rms, 1e-20))))];
      }),
    );
  });

const transposed = x => tf.transpose(x);
/** Kernel [h,w,I,O] as [h w I, O]. */
const flat = kernel => tf.reshape(kernel, [-1, kernel.shape[3]]);

/** U Vᵀ of a matrix [m,n] with m >= n, by Muon's Newton-Schulz iteration of degree five. */
function orthogonal(x, rounds = 5) {
  let y = tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x))), 1e-12));
  for (let i = 0; i < rounds; i++) {
    const gram = tf.matMul(transposed(y), y);
    const polynomial = tf.add(tf.mul(gram, -4.775), tf.mul(tf.matMul(gram, gram), 2.0315));
    y = tf.add(tf.mul(y, 3.4445), tf.matMul(y, polynomial));
  }
  return y;
}

/**
 * Soft spectral clipping of the update (SPECTRA's form): (I + UᵀU / c²)^(-1/2) from the right, by
 * Newton's coupled iteration for the inverse root. `c` in units of the learning rate.
 */
export const spectralClip = c =>
  onAll('spectralClip', (next, before, trace, config) => {
    const limit = trace.scalar(
      'bench.spectralClip',
      once('spectra', () => rateOf(config, c)),
    );
    return Object.fromEntries(
      Object.keys(next)
        .filter(key => INNER.test(key))
        .map(key => {
          const change = flat(tf.sub(next[key], before[key]));
          const scaled = tf.div(change, limit);
          const gram = tf.matMul(transposed(scaled), scaled);
          const root = inverseRoot(tf.add(tf.eye(gram.shape[0]), gram));
          return [key, tf.add(before[key], tf.reshape(tf.matMul(change, root), next[key].shape))];
        }),
    );
  });

/** A^(-1/2) of a symmetric positive definite matrix, by the coupled Newton-Schulz iteration. */
function inverseRoot(a, rounds = 14) {
  const size = a.shape[0];
  const identity = tf.eye(size);
  const scale = tf.sqrt(tf.sum(tf.square(a)));
  let y = tf.div(a, scale);
  let z = identity;
  for (let i = 0; i < rounds; i++) {
    const t = tf.mul(0.5, tf.sub(tf.mul(3, identity), tf.matMul(z, y)));
    y = tf.matMul(y, t);
    z = tf.matMul(t, z);
  }
  return tf.div(z, tf.sqrt(scale));
}

/** PReLU slopes of all blocks kept within [0, most]. */
export const slopesWithin = most =>
  onAll('slopes', next =>
    Object.fromEntries(
      Object.entries(next)
        .filter(([name, {rank}]) => /^block\w*\..*\.1\.weight$/.test(name) && rank === 1)
        .map(([name, slopes]) => [name, tf.clipByValue(slopes, 0, most)]),
    ),
  );

/**
 * Muon on the inner layers: the momentum, orthogonalised, times 0.2 √max(m,n) (Moonlight's scale,
 * which gives it the root mean square of AdamW's update). It reads the optimizer's first moment,
 * for which there is no hook.
 */
export function muon() {
  let rate;
  return {
    make: [
      () =>
        definePlugin({
          name: 'bench:muon',
          apply({hooks, config}) {
            const rateAt = rateOf(config);
            hooks.parameters.tap('bench:muon', (parameters, trace) => {
              rate = trace.scalar('bench.muonRate', rateAt);
              return parameters;
            });
          },
        }),
    ],
    change: (name, value, graph) => {
      if (!INNER.test(name)) return value;
      const [before, gradient] = [graph.read(name), graph.read(`grad/${name}`)];
      const momentum = graph.read(`adam.m/${name}`);
      const next = tf.add(tf.mul(momentum, 0.9), tf.mul(gradient, 0.1));
      const direction = flat(tf.add(tf.mul(next, 0.9), tf.mul(gradient, 0.1)));
      const step = tf.mul(orthogonal(direction), 0.2 * Math.sqrt(Math.max(...direction.shape)));
      const decayed = tf.mul(before, tf.sub(1, tf.mul(rate, 1e-3)));
      return tf.sub(decayed, tf.mul(tf.reshape(step, value.shape), rate));
    },
  };
}
