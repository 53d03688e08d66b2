/**
 * Optional loss terms of RIFE 4.x: values and gradients against a PyTorch twin in float64, against
 * finite differences, and the encoder's moving target.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {EntrySpec, Model} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {
  finiteDifferences,
  fixtureFeed,
  fixtureWeights,
  gradientsOutside,
  outside,
  seededRandom,
  type RecordedGradient,
} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {createModel} from '../../networks.js';
import {EXECUTIONS, fixtureProgram} from '../../__tests__/support/programs.js';
import {smoothTerm, ssimTerm} from '../imageTerms.js';

interface Recorded {
  widths: number[];
  n: number;
  h: number;
  w: number;
  first: number;
  timestep: number;
  terms: Record<string, number>;
  losses: Record<string, number>;
  grads: Record<string, RecordedGradient>;
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/terms.json'), 'utf8')) as Record<
  string,
  Recorded
>;

beforeAll(async () => {
  await loadRuntime();
});

/** Buffers get the fixtures' numbers as parameters do. */
function withFixtureBuffers(model: Model): Model {
  const all = [...model.parameters, ...(model.buffers ?? [])];
  return Object.assign(Object.create(model) as Model, {parameters: all, buffers: []});
}

function entryOf(model: Model, {n, h, w}: Recorded): EntrySpec {
  const names = model.parameters.map(({name}) => name);
  const buffers = (model.buffers ?? []).map(({name}) => name);
  return {
    feeds: {images: {shape: [n, h, w, 9], dtype: 'float32'}, timestep: {shape: [n], dtype: 'float32'}},
    build(graph) {
      const images = graph.feed('images') as tf.Tensor4D;
      const time = graph.feed('timestep') as tf.Tensor1D;
      const seen: Record<string, tf.Tensor> = {};
      const run = (...values: tf.Tensor[]) => {
        const p = Object.fromEntries([
          ...names.map((name, i) => [name, values[i]!] as const),
          ...buffers.map(name => [name, graph.read(name)] as const),
        ]);
        const {
          terms,
          weights,
          buffers: next = {},
        } = model.losses(p, {images, timestep: time, gap: time}, flow => flow);
        for (const [name, term] of Object.entries(terms)) seen[name] = tf.keep(tf.mean(term));
        for (const [name, value] of Object.entries(next)) seen[`next/${name}`] = tf.keep(value);
        const weighted = Object.entries(terms).map(([name, term]) =>
          tf.mul(tf.mean(term), weights[name] as number),
        );
        return (seen['total'] = tf.keep(tf.addN(weighted))) as tf.Scalar;
      };
      const found = tf.grads(run)(names.map(name => graph.read(name)));
      return {...seen, ...Object.fromEntries(names.map((name, i) => [name, found[i]!]))};
    },
  };
}

const CASES = Object.keys(RECORDED).flatMap(version => EXECUTIONS.map(how => [version, how] as const));

test.each(CASES)('%s, %s', async (version, how) => {
  const recorded = RECORDED[version]!;
  const {n, h, w, first, timestep, widths, terms, losses: exact, grads} = recorded;
  const model = createModel({name: 'RIFE4', version, scales: [], widths, terms});
  const program = await fixtureProgram(how, withFixtureBuffers(model));
  program.define('step', entryOf(model, recorded));
  // The twin sees the channels as they come; ours takes them as BGR and turns them.
  const feed = fixtureFeed(first, n, h, w, timestep);
  const images = Float32Array.from(feed, (_, i) => feed[i + 2 - 2 * (i % 3)]! / 255);
  const results = await program.run('step', {images, timestep: new Float32Array(n).fill(timestep)});
  program.dispose();
  const valuesOf = (name: string) => results[name]!.values as Float32Array;
  const wrong = Object.entries(exact).flatMap(([name, value]) =>
    outside('RIFE 4.x: loss terms', Math.abs(valuesOf(name)[0]! / value - 1), name),
  );
  expect(wrong).toEqual([]);
  const names = model.parameters.map(({name}) => name);
  const inFile = new Map(names.map(name => [name, model.toFile(name, valuesOf(name))]));
  expect(gradientsOutside('RIFE 4.x', inFile, grads)).toEqual([]);

  const start = fixtureWeights(withFixtureBuffers(model));
  for (const {name} of model.buffers ?? []) {
    const next = model.toFile(name, valuesOf(`next/${name}`));
    const [old, source] = [start.get(name)!, start.get(name.replace('encode_target', 'encode'))!];
    const error = Math.max(...next.map((x, i) => Math.abs(x - (0.999 * old[i]! + 0.001 * source[i]!))));
    expect(error).toBeLessThan(1e-7);
  }
  expect(model.buffers).toHaveLength(version === '4.0' ? 0 : 8);
});

describe('gradients are those of finite differences', () => {
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());
  const image = (channels: number, seed: number, scale = 1) => {
    const random = seededRandom(seed);
    const values = Float32Array.from({length: 2 * 16 * 20 * channels}, () => scale * random());
    return tf.tensor4d(values, [2, 16, 20, channels]);
  };
  const errors = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, step: number) =>
    finiteDifferences(f, [x], {step}).map(({error}) => error);

  test('ssim', () => {
    const gt = image(3, 1);
    expect(Math.max(...errors(x => ssimTerm(x as tf.Tensor4D, gt), image(3, 2), 1e-2))).toBeLessThan(1e-2);
  });
  test('smooth', () => {
    // Far from the kinks of |x| for such a step.
    const random = seededRandom(5);
    const ramp = Float32Array.from({length: 2 * 16 * 20 * 4}, (_, i) => {
      const [x, y] = [(i >> 2) % 20, Math.floor((i >> 2) / 20) % 16];
      return 50 + 3 * x + 5 * y + 0.1 * random();
    });
    const flow = tf.tensor4d(ramp, [2, 16, 20, 4]);
    expect(Math.max(...errors(x => smoothTerm(x as tf.Tensor4D), flow, 1e-1))).toBeLessThan(1e-2);
  });

  test('an image has no distance from itself, and samples do not mix', () => {
    const [a, b] = [image(3, 1), image(3, 2)];
    expect([...ssimTerm(a, a).dataSync()].every(x => Math.abs(x) < 1e-5)).toBe(true);
    const one = (x: tf.Tensor4D, i: number) => tf.slice(x, [i, 0, 0, 0], [1, 16, 20, 3]);
    const alone = [0, 1].map(i => ssimTerm(one(a, i), one(b, i)).dataSync()[0]!);
    [...ssimTerm(a, b).dataSync()].forEach((x, i) => expect(x).toBeCloseTo(alone[i]!, 5));
  });
});

describe('options', () => {
  const create = (version: string, terms: object) =>
    createModel({name: 'RIFE4', version, scales: [], widths: [], terms});

  test('off by default: no buffers, the terms as they were', () => {
    expect(createModel({name: 'RIFE4', scales: [], widths: []}).buffers).toEqual([]);
    expect(create('4.0', {ssim: 0.1}).buffers).toEqual([]);
  });

  test('without a file the terms of VGG-19 are off, and that is noted', () => {
    const model = create('4.25', {vgg: 1, gram: 0.1, ssim: 0.1});
    expect(model.frozen).toBeUndefined();
    expect(model.notes).toEqual([
      'without model.vgg, a file of torchvision\'s VGG-19, the loss has no term "vgg" and no term "gram"',
    ]);
    const lone = createModel({name: 'RIFE4', scales: [], widths: [], vgg: 'vgg19.pth'});
    expect([lone.frozen, lone.notes]).toEqual([
      undefined,
      ['model.vgg is not read: no term of model.terms needs it'],
    ]);
    expect(create('4.25', {ssim: 0.1}).notes).toEqual([]);
  });

  test('with a file they have frozen tensors, and no parameter or buffer more', () => {
    const options = {name: 'RIFE4', version: '4.0', scales: [], widths: []};
    const [plain, model] = [createModel(options), createModel({...options, terms: {vgg: 1}, vgg: 'a.pth'})];
    expect(model.frozen!.specs).toHaveLength(2 * 13);
    expect(model.frozen!.specs[0]).toEqual({name: 'vgg19.features.0.weight', shape: [3, 3, 3, 64]});
    expect([model.parameters, model.buffers, model.notes]).toEqual([plain.parameters, plain.buffers, []]);
    // Forward of a frame and of gt, and backward to the frame: as a trained layer counts.
    expect(model.cost!.training.macsPerPixel - plain.cost!.training.macsPerPixel).toBe(361_152);
    expect(model.cost!.training.parameters).toBe(plain.cost!.training.parameters);
    expect(model.cost!.prediction).toEqual(plain.cost!.prediction);
  });

  test('a fresh target equals the encoder', () => {
    const model = create('4.25', {encode: 0.1});
    const values = model.initialize(3);
    for (const {name} of model.buffers!)
      expect(values.get(name)).toEqual(values.get(name.replace('encode_target', 'encode')));
  });

  test.each([
    ['4.0', {encode: 0.1}, /terms\.encode.*RIFE4 4\.0 has no encoder/],
    ['4.25', {ssim: 0}, /terms\.ssim.*above 0/],
    ['4.25', {lpips: 1}, /terms\.lpips.*left out/],
  ])('%s refuses %j', (version, terms, message) => {
    expect(() => create(version, terms)).toThrow(message);
  });
});
