/**
 * Weights for RGB images: a network with them does to reversed images what it did to the images
 * before.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Model, NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine';
import {swapImageChannels} from '../imageChannels.js';
import {createModel} from '../index.js';
import type {WeightTensor} from '../weights/types.js';

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const create = (name: string) => createModel({name, scales: [4, 2, 1], widths: [8, 6, 4]});

/** Weights of a model as a file holds them. */
function fileTensors(model: Model): Map<string, WeightTensor> {
  const values = model.initialize(3);
  return new Map(
    model.parameters.map(({name, fileShape}) => [
      name,
      {dtype: 'F32', shape: [...fileShape], bytes: bytesOf(model.toFile(name, values.get(name)!))},
    ]),
  );
}

function parametersOf(model: Model, file: ReadonlyMap<string, WeightTensor>): NamedTensors {
  return Object.fromEntries(
    model.parameters.map(({name, shape}) => {
      const values = new Float32Array(Uint8Array.from(file.get(name)!.bytes).buffer);
      return [name, tf.tensor(model.fromFile(name, values), [...shape])];
    }),
  );
}

/** [2,64,96,9] in 0..1: waves that differ by channel. */
const images = (): tf.Tensor4D => {
  const wave = (i: number) => {
    const [channel, x, y] = [i % 9, Math.floor(i / 9) % 96, Math.floor(i / 864)];
    return 0.5 + 0.3 * Math.sin(x / 7 + channel) + 0.2 * Math.cos(y / 5 - 2 * channel);
  };
  return tf.tensor4d(
    Float32Array.from({length: 2 * 64 * 96 * 9}, (_, i) => wave(i)),
    [2, 64, 96, 9],
  );
};
/** Reverses the channels of each image of three. */
const reversed = (x: tf.Tensor4D): tf.Tensor4D =>
  tf.concat(
    tf.split(x, x.shape[3] / 3, 3).map(image => tf.reverse(image, 3)),
    3,
  ) as tf.Tensor4D;

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

beforeAll(async () => void (await loadRuntime()));

describe.each(['IFNet', 'IFNet_m'])('%s', name => {
  const timestep = () => tf.tensor1d([0.25, 0.5]);

  test('predicts reversed frames from reversed images', () => {
    const model = create(name);
    const file = fileTensors(model);
    const pair = tf.slice(images(), [0, 0, 0, 0], [-1, -1, -1, 6]) as tf.Tensor4D;
    const predict = (tensors: ReadonlyMap<string, WeightTensor>, input: tf.Tensor4D) =>
      model.predict(parametersOf(model, tensors), input, timestep(), flow => flow);
    const before = predict(file, pair);
    const after = predict(swapImageChannels(file).tensors, reversed(pair));
    expect(largestDifference(after.refined, reversed(before.refined))).toBeLessThan(1e-5);
    expect(largestDifference(after.flow, before.flow)).toBeLessThan(1e-4);
    expect(largestDifference(after.mask, before.mask)).toBeLessThan(1e-5);
    // Without the swap they differ, so the test can fail.
    expect(largestDifference(predict(file, reversed(pair)).flow, before.flow)).toBeGreaterThan(1e-3);
  });

  test('has the same losses, so the teacher is swapped as well', () => {
    const model = create(name);
    const file = fileTensors(model);
    const losses = (tensors: ReadonlyMap<string, WeightTensor>, input: tf.Tensor4D) => {
      const {terms} = model.losses(
        parametersOf(model, tensors),
        {images: input, gap: tf.ones([2]), timestep: timestep()},
        flow => flow,
      );
      return Object.values(terms)
        .map(term => term.dataSync())
        .flatMap(values => [...values]);
    };
    const before = losses(file, images());
    const after = losses(swapImageChannels(file).tensors, reversed(images()));
    const without = losses(file, reversed(images()));
    before.forEach((x, i) => expect(Math.abs(after[i]! / x - 1)).toBeLessThan(1e-4));
    expect(Math.max(...before.map((x, i) => Math.abs(without[i]! / x - 1)))).toBeGreaterThan(1e-3);
  });

  test('swapped twice is as before, bit by bit; all else is untouched', () => {
    const file = fileTensors(create(name));
    const once = swapImageChannels(file);
    expect(once.swapped).toEqual([
      'block0.conv0.0.0.weight',
      'block1.conv0.0.0.weight',
      'block2.conv0.0.0.weight',
      'block_tea.conv0.0.0.weight',
      'contextnet.conv1.conv1.0.weight',
      'unet.down0.conv1.0.weight',
      'unet.conv.weight',
      'unet.conv.bias',
    ]);
    expect([...once.tensors.keys()]).toEqual([...file.keys()]);
    for (const [tensorName, {bytes}] of file) {
      const changed = Buffer.compare(bytes, once.tensors.get(tensorName)!.bytes) !== 0;
      expect([tensorName, changed]).toEqual([tensorName, once.swapped.includes(tensorName)]);
    }
    const twice = swapImageChannels(once.tensors).tensors;
    expect([...twice.keys()]).toEqual([...file.keys()]);
    // One by one: jest takes minutes to show how megabytes differ.
    for (const [tensorName, {bytes, ...rest}] of file) {
      const {bytes: back, ...facts} = twice.get(tensorName)!;
      const isSame = Buffer.compare(bytes, back) === 0;
      expect([tensorName, isSame, facts]).toEqual([tensorName, true, rest]);
    }
  });
});

test('any element type is moved as it is', () => {
  const half = {dtype: 'F16', shape: [3], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6)} as const;
  const {tensors} = swapImageChannels(new Map([['unet.conv.bias', {...half, shape: [3]}]]));
  expect([...tensors.get('unet.conv.bias')!.bytes]).toEqual([5, 6, 3, 4, 1, 2]);
});

const zeros = (shape: number[]): WeightTensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
});
test.each([
  [new Map([['unet.up0.0.bias', zeros([128])]]), 'No layer takes or produces images'],
  [new Map([['block1.conv0.0.0.weight', zeros([4, 15, 3, 3])]]), 'Expected 17 or 18 channels'],
  [new Map([['unet.conv.bias', zeros([])]]), '"unet.conv.bias" has shape []'],
])('files whose image channels are not known are refused', (tensors, message) => {
  expect(() => swapImageChannels(tensors)).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_MODEL_CHANNELS', message: expect.stringContaining(message)}),
  );
});
