/** A linear regression on images with RIFE's interface: 23 parameters, a flow, three loss terms. */
import * as tf from '@tensorflow/tfjs-core';
import type {BatchTensors, FlowTap, Model, ModelOptions, NamedTensors} from '../../contract/index.js';
import {defineNetwork} from '../../networks/networks.js';

const transpose = (values: Float32Array, rows: number, columns: number) =>
  Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);

export class FakeModel implements Model {
  readonly name: string = 'Fake';
  readonly anyTimestep: boolean = false;
  readonly cropMultiple = 2;
  readonly minCrop = 2;
  readonly parameters = [
    {name: 'mix.weight', shape: [6, 3], fileShape: [3, 6]},
    {name: 'mix.bias', shape: [3], fileShape: [3]},
    {name: 'flow.scale', shape: [2], fileShape: [2]},
  ];

  constructor(readonly options: ModelOptions) {}

  initialize(seed: number) {
    const wave = (length: number, phase: number) =>
      Float32Array.from({length}, (_, i) => 0.3 * Math.sin(seed + phase + 1.7 * i));
    return new Map([
      ['mix.weight', wave(18, 0)],
      ['mix.bias', wave(3, 1)],
      ['flow.scale', wave(2, 2)],
    ]);
  }

  toFile(name: string, values: Float32Array) {
    return name === 'mix.weight' ? transpose(values, 6, 3) : Float32Array.from(values);
  }

  fromFile(name: string, values: Float32Array) {
    return name === 'mix.weight' ? transpose(values, 3, 6) : Float32Array.from(values);
  }

  losses(parameters: NamedTensors, {images, timestep}: BatchTensors, flowTap: FlowTap) {
    const [inputs, gt] = tf.split(images, [6, 3], 3) as [tf.Tensor4D, tf.Tensor4D];
    const {refined, flow} = this.forward(parameters, inputs, timestep, flowTap);
    const error = tf.sub(refined, gt);
    return {
      terms: {
        reconstruction: tf.mean(tf.square(error), [1, 2, 3]) as tf.Tensor1D,
        teacher: tf.mean(tf.abs(error), [1, 2, 3]) as tf.Tensor1D,
        distill: tf.mean(tf.square(flow), [1, 2, 3]) as tf.Tensor1D,
      },
      weights: {reconstruction: 1, teacher: 0.5, distill: 0.01},
      maxFlow: tf.max<tf.Scalar>(tf.abs(flow)),
    };
  }

  predict(parameters: NamedTensors, images: tf.Tensor4D, timestep: tf.Tensor1D, flowTap: FlowTap) {
    const {refined, flow} = this.forward(parameters, images, timestep, flowTap);
    return {refined, flow, mask: tf.sigmoid(tf.slice(flow, [0, 0, 0, 0], [-1, -1, -1, 1])) as tf.Tensor4D};
  }

  private forward(parameters: NamedTensors, images: tf.Tensor4D, timestep: tf.Tensor1D, flowTap: FlowTap) {
    const [batch, height, width] = images.shape;
    const rows = tf.matMul(tf.reshape(images, [-1, 6]), parameters['mix.weight'] as tf.Tensor2D);
    const mixed = tf.reshape(tf.add(rows, parameters['mix.bias']!), [batch, height, width, 3]);
    // A timestep of NaN is how the tests get a loss of NaN.
    const refined = tf.mul<tf.Tensor4D>(mixed, tf.reshape(tf.mul(timestep, 2), [batch, 1, 1, 1]));
    const raw = tf.mul(
      tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 4]),
      tf.tile(parameters['flow.scale']!, [2]),
    );
    const flow = flowTap(raw as tf.Tensor4D, {block: 'block0', stage: 0, scale: 4, role: 'student'});
    return {refined, flow};
  }
}

/** Options as they were when core knew the reference's defaults: fixtures hold them. */
const defaults = () => ({scales: [4, 2, 1], widths: [240, 150, 90], norm: 'none' as const});

/** A network with the reference's name and options. */
export const fakeNetwork = (
  create = (options: ModelOptions): Model => new FakeModel(options),
  name = 'IFNet',
) =>
  defineNetwork({
    name,
    options: {'~standard': {validate: given => ({value: {...defaults(), ...(given as ModelOptions)}})}},
    create,
  });
