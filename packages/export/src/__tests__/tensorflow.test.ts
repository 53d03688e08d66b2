/** SavedModels and graph models of every kind of network, run by TensorFlow and TensorFlow.js. */
import {openGraphModel, openSavedModel, type Runner} from '../check/runners.js';
import {networkOf} from '../network/network.js';
import {writeGraphModel} from '../tensorflow/graphModel.js';
import {writeSavedModel} from '../tensorflow/savedModel.js';
import {exchanged, frameOf, KINDS, largestDifference, predicted, sourceOf} from './support/networks.js';

const [height, width] = [45, 75];
const BOUND = 2e-5;
const [img0, img1] = [frameOf(height, width), frameOf(height, width, 4)];
const asRgb = ({data}: typeof img0) => exchanged(data as Float32Array);

async function framesBy(runner: Runner, timestep: number): Promise<Float32Array> {
  try {
    return await runner.run({height, width, img0: asRgb(img0), img1: asRgb(img1), timestep});
  } finally {
    await runner.close();
  }
}

describe.each(Object.keys(KINDS))('%s', kind => {
  const source = sourceOf(kind);
  const timestep = source.model.anyTimestep ? 0.3 : 0.5;

  it('is ours as a SavedModel and in TensorFlow.js', async () => {
    const graph = await networkOf(source);
    const ours = await predicted(source, img0, img1, timestep);
    const saved = await framesBy(await openSavedModel(writeSavedModel(graph)), timestep);
    expect(largestDifference(ours, saved)).toBeLessThan(BOUND);
    const model = await framesBy(await openGraphModel(writeGraphModel(graph)), timestep);
    expect(largestDifference(ours, model)).toBeLessThan(BOUND);
  });
});

it('cuts the weights into shards of 4 MiB, and halves them in float16', async () => {
  const graph = await networkOf(sourceOf('RIFE4 4.25'));
  const bytesOf = (precision: 'fp32' | 'fp16') => {
    const shards = [...writeGraphModel(graph, {precision})].filter(([name]) => name !== 'model.json');
    shards.forEach(([name, {length}], i) => {
      expect(name).toBe(`group1-shard${i + 1}of${shards.length}.bin`);
      expect(length).toBeLessThanOrEqual(4 * 1024 * 1024);
    });
    return shards.reduce((sum, [, {length}]) => sum + length, 0);
  };
  expect(bytesOf('fp16') / bytesOf('fp32')).toBeLessThan(0.55);
  const half = await framesBy(await openGraphModel(writeGraphModel(graph, {precision: 'fp16'})), 0.3);
  const full = await predicted(sourceOf('RIFE4 4.25'), img0, img1, 0.3);
  expect(largestDifference(half, full)).toBeLessThan(2 / 255);
});
