/**
 * Numbers of each step about the inside of the blocks, computed in the graph. Axes: C channels,
 * N colours.
 */
import {definePlugin} from '@rife-train/core';
import {gainOf} from '@rife-train/plugin-gainlimit';
import * as tf from '@tensorflow/tfjs-core';
import {activatedLayers, COLOURS} from './anatomy/chain.mjs';
import {BLOCKS} from './anatomy/index.mjs';

const SCALES = {block0: 4, block1: 2, block2: 1, block_tea: 1};
const ROUNDS = 8;

const overTaps = kernel => tf.sum(kernel, [0, 1]);

/** A block's matrices for constant images, its biases and slopes. */
function chainOf(p, block) {
  const layers = activatedLayers(block).map(name => ({
    matrix: overTaps(p[`${name}.0.weight`]),
    bias: p[`${name}.0.bias`],
    slope: p[`${name}.1.weight`],
  }));
  const last = tf.div(tf.transpose(overTaps(p[`${block}.lastconv.weight`])), 4);
  return {layers, last: tf.slice(last, [0, 0], [last.shape[0], 4]), scale: 2 * SCALES[block]};
}

/** Largest px by which the flow of a constant image differs between two sets of parameters. */
export function moveOf(before, next, block) {
  const input = atRest(next[`${block}.conv0.0.0.weight`].shape[2]);
  const [then, now] = [before, next].map(p => forward(chainOf(p, block), input).flow);
  return tf.max(tf.abs(tf.sub(now, then)));
}

/** [N,inputs]: colours, and no flow or mask. */
function atRest(inputs) {
  const rows = COLOURS.map(colour => {
    const images = inputs === 6 ? [...colour, ...colour] : [...colour, ...colour, ...colour, ...colour];
    const seen = [...images, ...(inputs === 6 ? [] : [0]), ...(inputs === 20 ? colour : [])];
    return [...seen, ...new Array(inputs - seen.length).fill(0)];
  });
  return tf.tensor2d(rows);
}

/** [N,4] flow without bias in px, and the factors of the activations. */
function forward({layers, last, scale}, input) {
  const factors = [];
  let x = input;
  let start;
  layers.forEach(({matrix, bias, slope}, l) => {
    const before = tf.add(tf.matMul(x, matrix), bias);
    const factor = tf.where(tf.greater(before, 0), tf.onesLike(before), tf.mul(tf.onesLike(before), slope));
    factors.push(factor);
    x = tf.mul(before, factor);
    if (l === 1) start = x;
  });
  return {flow: tf.mul(tf.matMul(tf.add(x, start), last), scale), factors};
}

const unit = x => tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), 1e-20));

/** Path gain: largest singular value of d flow / d input at the worst colour, in px per unit. */
function pathGain({layers, last, scale}, factors, inputs) {
  const ahead = dx => {
    let x = dx;
    let start;
    layers.forEach(({matrix}, l) => {
      x = tf.mul(tf.matMul(x, matrix), factors[l]);
      if (l === 1) start = x;
    });
    return tf.matMul(tf.add(x, start), last);
  };
  const back = dy => {
    const features = tf.matMul(dy, last, false, true);
    let x = features;
    for (let l = layers.length - 1; l >= 0; l--) {
      x = tf.matMul(tf.mul(x, factors[l]), layers[l].matrix, false, true);
      if (l === 2) x = tf.add(x, features);
    }
    return x;
  };
  let x = unit(tf.tensor2d(COLOURS.map(() => Array.from({length: inputs}, (_, i) => Math.sin(i + 1)))));
  for (let round = 0; round < ROUNDS; round++) x = unit(back(unit(ahead(x))));
  return tf.mul(tf.max(tf.sqrt(tf.sum(tf.square(ahead(x)), 1))), scale);
}

/** σ(ΔD) / σ(D) of an inner layer. */
const changeOf = (before, next) =>
  tf.div(gainOf(tf.sub(next, before)).value, tf.maximum(gainOf(before).value, 1e-12));

/**
 * Logs for each block, after all other taps of `parameters`: `in/change`, the largest relative
 * change of an inner layer's gain direction; `in/sum`, the sum of those changes; `in/path`, the
 * path gain; `in/move`, by how many px the update moves the flow of a constant image at most;
 * `in/product`, log10 of the product of the gains.
 */
export const insideObserver = () =>
  definePlugin({
    name: 'bench:inside',
    apply({hooks}) {
      hooks.parameters.tap({name: 'bench:inside', stage: 1000}, (next, trace) => {
        const names = Object.keys(next);
        const before = Object.fromEntries(names.map(name => [name, trace.parameter(name).value]));
        for (const block of BLOCKS) {
          const inner = activatedLayers(block)
            .slice(1)
            .map(name => `${name}.0.weight`);
          const changes = tf.stack(inner.map(name => changeOf(before[name], next[name])));
          trace.log(`in/change/${block}`, tf.max(changes));
          trace.log(`in/sum/${block}`, tf.sum(changes));
          const gains = tf.stack(inner.map(name => gainOf(next[name]).value));
          trace.log(`in/product/${block}`, tf.div(tf.sum(tf.log(gains)), Math.LN10));
          const inputs = next[`${block}.conv0.0.0.weight`].shape[2];
          const input = atRest(inputs);
          const chain = chainOf(next, block);
          trace.log(`in/move/${block}`, moveOf(before, next, block));
          trace.log(`in/path/${block}`, pathGain(chain, forward(chain, input).factors, inputs));
        }
        return next;
      });
    },
  });
