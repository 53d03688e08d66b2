/**
 * A network of your own for rife-train: one block finds the flow at a quarter of the size. It is
 * small (10,000 parameters with width 16) and learns in minutes, but it is no rival of RIFE.
 * Axes: B batch, H height, W width, C channels.
 */
import {
  defineNetwork,
  type BatchTensors,
  type FlowTap,
  type Model,
  type ModelLosses,
  type ModelOptions,
  type NamedTensors,
  type Prediction,
  type PredictOptions,
} from '@rife-train/core';
import {laplacianLoss, resize, stopGradient, warp} from '@rife-train/engine/ops';
import {checkImages, flipped, layers, NetworkTensors, squaredError, tensors} from '@rife-train/model/parts';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';

const NAME = 'QuarterFlow';

declare module '@rife-train/core' {
  interface ModelOptions {
    /** QuarterFlow: channels of its convolutions. @default 16 */
    width?: number;
  }
}

/** Messages complete "must be ...". Unknown keys are refused, so that typing errors are found. */
const options = z.strictObject({
  name: z.string(),
  scales: z.tuple([z.literal(1)], '[1]').default([1]),
  width: z
    .custom<number>(
      x => Number.isInteger(x) && Number(x) >= 2 && Number(x) % 2 === 0,
      'an even number from 2 on',
    )
    .default(16)
    .meta({description: 'Channels of its convolutions.', example: 32}),
});

/** img0, img1 and the plane of t. */
const SEEN = 3 + 3 + 1;
/** Flow t->0, flow t->1, mask. */
const MADE = 2 + 2 + 1;
const CONVS = 3;
/** Two convolutions with stride 2. */
const MULTIPLE = 4;

const layerNames = Array.from({length: CONVS}, (_, i) => `body.${i}`);

/** All parameters, in file order. */
const parametersOf = (width: number) => [
  ...tensors.conv('down.0', SEEN, width / 2),
  ...tensors.conv('down.1', width / 2, width),
  ...layerNames.flatMap(name => tensors.conv(name, width, width)),
  // From zero: training begins with the mean of the two inputs.
  ...tensors.fromZero(tensors.plainDeconv('last', width, MADE)),
];

/** What one pass finds; all [B,H,W,*]. */
interface Found {
  merged: tf.Tensor4D;
  flow: tf.Tensor4D;
  mask: tf.Tensor4D;
}

function find(p: NamedTensors, pair: tf.Tensor4D, timestep: tf.Tensor1D, flowTap: FlowTap): Found {
  const [batch, height, width] = pair.shape;
  const plane = tf.mul(tf.ones([batch, height, width, 1]), tf.reshape(timestep, [batch, 1, 1, 1]));
  let x = layers.concatChannels([pair, plane as tf.Tensor4D]);
  x = layers.conv(p, 'down.1', layers.conv(p, 'down.0', x, 2), 2);
  for (const name of layerNames) x = layers.conv(p, name, x);
  const made = resize(layers.plainDeconv(p, 'last', x), 2);
  // Taps of the hook `flow` see the flow, and may replace it: in pixels of the whole image.
  const flow = flowTap(layers.channels(made, 0, 4), {block: 'block0', stage: 0, scale: 1, role: 'student'});
  const mask = tf.sigmoid(layers.channels(made, 4, 1));
  const image = (i: 0 | 1) =>
    warp(layers.channels(pair, 3 * i, 3), layers.channels(flow, 2 * i, 2), {imageGradient: false});
  const merged = tf.add(tf.mul(mask, image(0)), tf.mul(tf.sub(1, mask), image(1))) as tf.Tensor4D;
  return {merged, flow, mask};
}

class QuarterFlow extends NetworkTensors implements Model {
  readonly anyTimestep = true;
  readonly cropMultiple = MULTIPLE;
  /** The Laplacian pyramid halves five times. */
  readonly minCrop = 64;

  constructor(readonly options: ModelOptions) {
    super(options.name, parametersOf(options.width!), []);
  }

  losses(p: NamedTensors, {images, timestep}: BatchTensors, flowTap: FlowTap): ModelLosses {
    checkImages(images, 9, this.cropMultiple, this.minCrop);
    const gt = layers.channels(images, 6, 3);
    const {merged, flow} = find(p, layers.channels(images, 0, 6), timestep, flowTap);
    return {
      terms: {reconstruction: laplacianLoss(tf.sub(merged, gt) as tf.Tensor4D)},
      weights: {reconstruction: 1},
      maxFlow: tf.max(tf.abs(stopGradient(flow))),
      squaredError: squaredError(merged, gt),
    };
  }

  predict(
    p: NamedTensors,
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    {flip = false}: PredictOptions = {},
  ): Prediction {
    checkImages(pair, 6, MULTIPLE, MULTIPLE);
    const once = (images: tf.Tensor4D): Prediction => {
      const {merged, flow, mask} = find(p, images, timestep, flowTap);
      return {refined: merged, flow, mask};
    };
    return flip ? flipped(pair, once) : once(pair);
  }
}

/** For `networks` in rife.config.ts; `model: {name: 'QuarterFlow', width: 32}` chooses it. */
export const quarterFlow = defineNetwork({
  name: NAME,
  options,
  create: given => new QuarterFlow(given),
  recognize(shapes) {
    const width = shapes.get('last.weight')?.shape[0];
    return width !== undefined && shapes.has('down.1.0.weight')
      ? {name: NAME, scales: [1], width}
      : undefined;
  },
});
