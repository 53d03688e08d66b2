/** What a network is like inside, at a moment of its training. */
import * as tf from '@tensorflow/tfjs-core';
import {chainOf, COLOURS, pathGains} from './chain.mjs';
import {lookAtBatch} from './realBatch.mjs';
import {changesOf, spectraOf} from './spectra.mjs';

export const BLOCKS = ['block0', 'block1', 'block2', 'block_tea'];
const SCALES = [4, 2, 1];

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
const short = value => (Number.isFinite(value) ? Number(value.toPrecision(4)) : String(value));

function shortened(value) {
  if (typeof value === 'number') return short(value);
  if (Array.isArray(value)) return value.map(shortened);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}

const chainsOf = weights =>
  BLOCKS.map((block, i) => ({
    chain: chainOf(weights, block),
    scale: SCALES[i] ?? 1,
    isTeacher: block === 'block_tea',
  }));

/** Largest |component| by which two flows differ. */
const distance = (a, b) => Math.max(...a.map((px, i) => Math.abs(px - b[i])));

/**
 * At constant images, by block: path gain (median and largest over {@link COLOURS}; `rest`: its
 * median where blocks see no flow), `off`, the share of the inner activations that are on their
 * negative side, and `move`, by how many px the last update moved the flow at most.
 */
function onColours(weights, before) {
  const chains = chainsOf(weights);
  const colours = (own, atRest) => COLOURS.map(colour => pathGains(own, colour, atRest));
  const [flowing, atRest] = [colours(chains, false), colours(chains, true)];
  const past = before && colours(chainsOf(before), false);
  return BLOCKS.map((_, i) => {
    const gains = flowing.map(blocks => blocks[i].gain);
    const sides = flowing.flatMap(blocks => blocks[i].slopes.slice(1).flatMap(slopes => [...slopes]));
    return {
      median: median(gains),
      max: Math.max(...gains),
      rest: median(atRest.map(blocks => blocks[i].gain)),
      off: sides.filter(slope => slope !== 1).length / sides.length,
      ...(past && {
        move: Math.max(...flowing.map((blocks, c) => distance(blocks[i].flow, past[c][i].flow))),
      }),
    };
  });
}

/**
 * @param weights name => {values, shape}, now
 * @param options.before the same at the step before; without it no changes are given
 * @param options.batch {images Uint8Array, shape [B,H,W]}; without it no real batch is looked at
 * @returns by block: gains, ranks, cosines, slopes, constant, changes, real
 */
export function anatomyOf(weights, {before, batch, names} = {}) {
  const constant = onColours(weights, before);
  const real = batch && onBatch(weights, before, names, batch);
  return Object.fromEntries(
    BLOCKS.map((block, i) => [
      block,
      shortened({
        ...spectraOf(weights, block),
        constant: constant[i],
        ...(before && {changes: changesOf(before, weights, block)}),
        ...(real && {real: real[block]}),
      }),
    ]),
  );
}

function onBatch(weights, before, names, {images, shape}) {
  const tensors = of =>
    Object.fromEntries(
      names.map(name => {
        const {values, shape: own} = of(name);
        return [name, tf.tensor(values, own)];
      }),
    );
  return tf.tidy(() => {
    const batch = tf.div(tf.tensor4d(Float32Array.from(images), [...shape, 9]), 255);
    return lookAtBatch(tensors(weights), batch, SCALES, before && tensors(before));
  });
}
