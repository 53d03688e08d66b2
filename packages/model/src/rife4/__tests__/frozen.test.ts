/** A training step of RIFE 4.x with the terms of VGG-19, from a file of torchvision's shapes. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {fixtureFeed, seededRandom} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {perceptualTerms} from '../../features/perceptual.js';
import {PERCEPTUAL_TERMS, perceptualSpecs} from '../../features/perceptualPlan.js';
import {createModel} from '../../networks.js';
import type {WeightTensor} from '../../weights/types.js';
import {writeWeights} from '../../weights/writeWeights.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-frozen-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
beforeAll(async () => {
  await loadRuntime();
});

const SIDE = 64;

/** Values that keep features in size; a pattern of some thousand numbers repeats. */
async function vggFile(): Promise<string> {
  const random = seededRandom(3);
  const pattern = Float32Array.from({length: 4093}, () => 2 * random() - 1);
  const tensors = perceptualSpecs(PERCEPTUAL_TERMS).map(({name, fileShape}): [string, WeightTensor] => {
    const bound = Math.sqrt(6 / fileShape.slice(1).reduce((a, b) => a * b, 9));
    const values = new Float32Array(fileShape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; i++) values[i] = bound * pattern[i % pattern.length]!;
    return [name, {dtype: 'F32', shape: [...fileShape], bytes: new Uint8Array(values.buffer)}];
  });
  const file = join(folder, 'vgg19.pth');
  await writeWeights(file, new Map(tensors), {format: 'safetensors'});
  return file;
}

test('terms are of the last frame and gt in RGB; the gradient reaches the network', async () => {
  const vgg = await vggFile();
  const options = {name: 'RIFE4', version: '4.0', scales: [], widths: [16, 16, 16, 16], vgg};
  const model = createModel({...options, terms: {vgg: 1, gram: 0.5}});
  const values = new Map([...model.initialize(1), ...(await model.frozen!.read())]);
  tf.tidy(() => {
    const specs = [...model.parameters, ...model.frozen!.specs];
    const p = Object.fromEntries(
      specs.map(({name, shape}) => [name, tf.tensor(values.get(name)!, [...shape])]),
    );
    const feed = Float32Array.from(fixtureFeed(0, 1, SIDE, SIDE, 0.5), x => x / 255);
    const images = tf.tensor4d(feed, [1, SIDE, SIDE, 9]);
    const time = tf.tensor1d([0.5]);
    const losses = (own: NamedTensors) =>
      model.losses(own, {images, timestep: time, gap: time}, flow => flow);
    const bias = 'block3.lastconv.bias';
    let terms: NamedTensors = {};
    const gradient = tf.grad(x => {
      const found = losses({...p, [bias]: x});
      expect(found.weights).toMatchObject({vgg: 1, gram: 0.5});
      terms = {vgg: tf.keep(found.terms['vgg']!), gram: tf.keep(found.terms['gram']!)};
      return tf.sum(terms['vgg']!);
    })(p[bias]!);
    expect(gradient.dataSync().some(x => x !== 0)).toBe(true);

    const pair = tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 6]);
    const {refined} = model.predict(p, pair, time, flow => flow);
    const gt = tf.slice(images, [0, 0, 0, 6], [-1, -1, -1, 3]);
    const [a, b] = [refined, gt].map(x => tf.reverse(x, 3)) as [tf.Tensor4D, tf.Tensor4D];
    for (const [name, term] of Object.entries(perceptualTerms(PERCEPTUAL_TERMS, p, a, b))) {
      const [expected] = term.dataSync();
      expect(expected).toBeGreaterThan(0);
      expect(terms[name]!.dataSync()[0]! / expected!).toBeCloseTo(1, 4);
    }
    Object.values(terms).forEach(term => term.dispose());
    return [];
  });
});
