/**
 * Path gain of IFNet's blocks on a real batch: the largest singular value of d flow / d input as
 * fields, at the batch's activations. A block with fixed activations is linear; its two vector
 * products are run op by op. Axes: B batch, H height, W width, C channels.
 */
import {conv2d, deconv, resize} from '@rife-train/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
// eslint-disable-next-line rife/imports -- the parts of a network are not in the package's interface
import {estimate, sourcesOf} from '../../../packages/model/dist/ifNet.js';
import {activatedLayers} from './chain.mjs';

const ROUNDS = 6;

const zeros = weight => tf.zeros([weight.shape[3]]);
const strideOf = l => (l < 2 ? 2 : 1);

/** A block's linear layers, with slopes per place. */
function linearBlock(p, block) {
  const names = activatedLayers(block);
  const kernels = names.map(name => p[`${name}.0.weight`]);
  const last = p[`${block}.lastconv.weight`];
  return {
    /** @returns {output [B,h,w,5], slopes} of an input */
    forward(input) {
      const slopes = [];
      let x = input;
      let start;
      names.forEach((name, l) => {
        const before = conv2d(x, kernels[l], p[`${name}.0.bias`], strideOf(l));
        const slope = tf.where(tf.greater(before, 0), tf.onesLike(before), p[`${name}.1.weight`]);
        slopes.push(slope);
        x = tf.mul(before, slope);
        if (l === 1) start = x;
      });
      return {output: deconv(tf.add(x, start), last, p[`${block}.lastconv.bias`]), slopes};
    },
    /** d flow of d input, before it is scaled to pixels. */
    linear(input, slopes) {
      let x = input;
      let start;
      kernels.forEach((kernel, l) => {
        x = tf.mul(conv2d(x, kernel, zeros(kernel), strideOf(l)), slopes[l]);
        if (l === 1) start = x;
      });
      const out = deconv(tf.add(x, start), last, tf.zeros([last.shape[2]]));
      return tf.slice(out, [0, 0, 0, 0], [...out.shape.slice(0, 3), 4]);
    },
  };
}

const length = x => tf.sqrt(tf.sum(tf.square(x), [1, 2, 3], true));
const unit = x => tf.div(x, tf.maximum(length(x), 1e-30));

/** Largest singular value of each sample, [B]. */
function sigmas(block, input, slopes) {
  const forward = x => block.linear(x, slopes);
  let x = unit(tf.randomNormal(input.shape, 0, 1, 'float32', 1));
  for (let round = 0; round < ROUNDS; round++)
    x = tf.tidy(() => unit(tf.grad(from => tf.sum(tf.mul(forward(from), unit(forward(x)))))(x)));
  return length(forward(x)).dataSync();
}

function blockInput(images, flow, scale) {
  const small = images.map(x => resize(x, 1 / scale));
  if (flow) small.push(tf.div(resize(flow, 1 / scale), scale));
  return tf.concat(small, 3);
}

/** Blocks in the order of the network. */
const blocksOf = scales => [...scales.map((scale, i) => [`block${i}`, scale]), ['block_tea', 1]];

/**
 * Runs the blocks on a batch.
 * @param p parameters by name, as tensors
 * @param images [B,H,W,9] in 0..1: img0, img1, gt
 * @param scales of the students
 * @returns by block {block, input, slopes, scale, flow, total}: the block's own flow in px, and
 *   the flow so far
 */
function walk(p, images, scales) {
  const [batch, height, width] = images.shape;
  const pair = tf.slice(images, [0, 0, 0, 0], [batch, height, width, 6]);
  const gt = tf.slice(images, [0, 0, 0, 6], [batch, height, width, 3]);
  const sources = sourcesOf(pair);
  let before;
  return blocksOf(scales).map(([name, scale]) => {
    const seen = before ? [pair, ...before.warped, before.maskLogit] : [pair];
    const input = blockInput(name === 'block_tea' ? [...seen, gt] : seen, before?.flow, scale);
    const block = linearBlock(p, name);
    const {output, slopes} = block.forward(input);
    const [ownFlow, ownMask] = tf.split(output, [4, 1], 3);
    const flow = resize(tf.mul(ownFlow, 2 * scale), 2 * scale);
    const mask = resize(ownMask, 2 * scale);
    before = before
      ? estimate(sources, tf.add(before.flow, flow), tf.add(before.maskLogit, mask))
      : estimate(sources, flow, mask);
    return {name, block, input, slopes, scale, flow, total: before.flow};
  });
}

const perSample = (reduce, x) => [...reduce(x, [1, 2, 3]).dataSync()];

/**
 * What {@link walk} takes, and optionally the parameters of the step before.
 * @returns by block, each of every sample: path gain in px per unit, largest |flow|, and how far
 *   the last update moved the flow so far, as root mean square and at most; all in px
 */
export function lookAtBatch(p, images, scales, old) {
  const past = old && walk(old, images, scales);
  return Object.fromEntries(
    walk(p, images, scales).map(({name, block, input, slopes, scale, flow, total}, i) => {
      const move = past && tf.sub(total, past[i].total);
      return [
        name,
        {
          gains: [...sigmas(block, input, slopes)].map(sigma => sigma * 2 * scale),
          flows: perSample(tf.max, tf.abs(flow)),
          ...(move && {
            moveRms: perSample(tf.mean, tf.square(move)).map(Math.sqrt),
            moveMax: perSample(tf.max, tf.abs(move)),
          }),
        },
      ];
    }),
  );
}
