/**
 * A block of IFNet on constant images. Without borders a convolution is then the matrix of its
 * kernel's sum over the taps, so a block is a chain of matrices with PReLU between them, and its
 * Jacobian is that chain with known slopes. Axes: C channels.
 */
import {largestSingular, matrix, times, timesTransposed} from './matrix.mjs';

const CONVS = 8;
const ROUNDS = 16;

/** Names of a block's convolutions with an activation, from its input on. */
export const activatedLayers = block => [
  `${block}.conv0.0`,
  `${block}.conv0.1`,
  ...Array.from({length: CONVS}, (_, i) => `${block}.convblock.${i}`),
];

/** A kernel [h,w,I,O] summed over its taps, as [I,O]. */
export function overTaps({values, shape: [height, width, inputs, outputs]}) {
  const sum = new Float64Array(inputs * outputs);
  for (let tap = 0, at = 0; tap < height * width; tap++)
    for (let i = 0; i < sum.length; i++, at++) sum[i] += values[at];
  return matrix(sum, inputs, outputs);
}

/** The transposed 4x4 kernel [4,4,O,I] of stride 2: the mean over the four phases, as [I,O]. */
function lastMatrix(kernel) {
  const {values, rows: outputs, columns: inputs} = overTaps(kernel);
  const turned = new Float64Array(values.length);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++) turned[i * outputs + o] = values[o * inputs + i] / 4;
  return matrix(turned, inputs, outputs);
}

/** @param weights name => {values, shape} */
export function chainOf(weights, block) {
  const layers = activatedLayers(block).map(name => ({
    matrix: overTaps(weights(`${name}.0.weight`)),
    bias: weights(`${name}.0.bias`).values,
    slope: weights(`${name}.1.weight`).values,
  }));
  const last = {
    matrix: lastMatrix(weights(`${block}.lastconv.weight`)),
    bias: weights(`${block}.lastconv.bias`).values,
  };
  return {layers, last};
}

const plus = (x, y) => x.map((entry, i) => entry + y[i]);

/**
 * @returns {output, slopes}: the block's five outputs, and what each activation multiplied by
 */
export function forward({layers, last}, input) {
  const slopes = [];
  let x = Float64Array.from(input);
  let start;
  layers.forEach(({matrix: m, bias, slope}, l) => {
    const before = plus(times(x, m), bias);
    const own = before.map((entry, c) => (entry > 0 ? 1 : slope[c]));
    slopes.push(own);
    x = before.map((entry, c) => entry * own[c]);
    if (l === 1) start = x;
  });
  return {output: plus(times(plus(x, start), last.matrix), last.bias), slopes};
}

const scaled = (x, factors) => x.map((entry, c) => entry * factors[c]);
const FLOW = 4;

/**
 * Path gain of a block at an input: largest singular value of d flow / d input, where `flow` are
 * its four channels before they are scaled to pixels.
 */
export function pathGain({layers, last}, slopes) {
  const ahead = dx => {
    let x = dx;
    let start;
    layers.forEach(({matrix: m}, l) => {
      x = scaled(times(x, m), slopes[l]);
      if (l === 1) start = x;
    });
    return times(plus(x, start), last.matrix).slice(0, FLOW);
  };
  const back = dy => {
    const features = timesTransposed([...dy, 0], last.matrix);
    let x = features;
    for (let l = layers.length - 1; l >= 0; l--) {
      x = timesTransposed(scaled(x, slopes[l]), layers[l].matrix);
      // What the residual path carries joins at the end of conv0.1.
      if (l === 2) x = plus(x, features);
    }
    return x;
  };
  return largestSingular(ahead, back, layers[0].matrix.rows, ROUNDS).value;
}

/** Greys and colours at which the path gain is taken. */
export const COLOURS = [
  [0.1, 0.1, 0.1],
  [0.35, 0.35, 0.35],
  [0.6, 0.6, 0.6],
  [0.9, 0.9, 0.9],
  [0.7, 0.3, 0.2],
  [0.2, 0.6, 0.3],
  [0.25, 0.35, 0.75],
  [0.8, 0.75, 0.4],
];

/**
 * Path gains of all blocks at a colour, in px of flow per unit of input.
 * @param chains [{chain, scale, isTeacher}] in the order of the network
 * @param atRest true: every block sees flow and mask of 0; false: what the ones before it estimate
 * @returns [{gain, slopes, flow}]; the flow so far in px
 */
export function pathGains(chains, colour, atRest) {
  let flow = [0, 0, 0, 0];
  let mask = 0;
  return chains.map(({chain, scale, isTeacher}, stage) => {
    const images = [...colour, ...colour];
    const seen = [...images, mask, ...(isTeacher ? colour : []), ...flow.map(px => px / scale)];
    const {output, slopes} = forward(chain, stage === 0 ? images : [...images, ...seen]);
    const total = flow.map((px, i) => px + output[i] * 2 * scale);
    if (!atRest) [flow, mask] = [total, mask + output[FLOW]];
    return {gain: pathGain(chain, slopes) * 2 * scale, slopes, flow: total};
  });
}
