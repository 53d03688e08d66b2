/**
 * Parts of the author's training of 4.25 that change from step to step: the scales of the blocks,
 * and the time that they get. Values and gradients against a PyTorch twin in float64.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {EntrySpec, Model, ModelOptions, StepDraw} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {
  finiteDifferences,
  fixtureFeed,
  gradientsOutside,
  outside,
  seededRandom,
  type RecordedGradient,
} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {createModel} from '../../networks.js';
import {EXECUTIONS, fixtureProgram} from '../../__tests__/support/programs.js';
import {calibrate, timeTerm} from '../timeCalibration.js';
import {calibrationSpecs} from '../specs.js';
import {releasedOptions} from '../options.js';

interface Recorded {
  widths: number[];
  n: number;
  h: number;
  w: number;
  first: number;
  times: number[];
  scales: number[] | null;
  predicted: boolean;
  losses: Record<string, number>;
  grads: Record<string, RecordedGradient>;
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/calibration.json'), 'utf8')) as Record<
  string,
  Recorded
>;
const LISTS = [
  {scales: [8, 4, 2, 2, 1], share: 0.3},
  {scales: [4, 4, 2, 2, 1], share: 0.3},
];
const create = (more: Partial<ModelOptions> = {}) =>
  createModel({name: 'RIFE4', version: '4.25', scales: [], widths: [], ...more});

beforeAll(async () => {
  await loadRuntime();
});

function entryOf(model: Model, {n, h, w, scales}: Recorded): EntrySpec {
  const names = model.parameters.map(({name}) => name);
  return {
    feeds: {images: {shape: [n, h, w, 9], dtype: 'float32'}, timestep: {shape: [n], dtype: 'float32'}},
    build(graph) {
      const images = graph.feed('images') as tf.Tensor4D;
      const timestep = graph.feed('timestep') as tf.Tensor1D;
      const draw: StepDraw = {variant: scales?.join('-'), uniform: () => graph.scalar('uniform')};
      const seen: Record<string, tf.Tensor> = {};
      const run = (...values: tf.Tensor[]) => {
        const p = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const batch = {images, timestep, gap: timestep};
        const {terms, weights} = model.losses(p, batch, flow => flow, undefined, draw);
        const weighted = Object.entries(terms).map(([name, term]) =>
          tf.mul(tf.mean(term), weights[name] as number),
        );
        for (const [name, term] of Object.entries(terms)) seen[name] = tf.keep(tf.mean(term));
        return (seen['total'] = tf.keep(tf.addN(weighted))) as tf.Scalar;
      };
      const found = tf.grads(run)(names.map(name => graph.read(name)));
      return {...seen, ...Object.fromEntries(names.map((name, i) => [name, found[i]!]))};
    },
  };
}

const CASES = Object.keys(RECORDED).flatMap(name => EXECUTIONS.map(how => [name, how] as const));

test.each(CASES)('steps with the time of %s, %s', async (name, how) => {
  const recorded = RECORDED[name]!;
  const {n, h, w, first, times, widths, predicted, losses: exact, grads} = recorded;
  const model = create({widths, scaleLists: LISTS, timeCalibration: {}});
  const program = await fixtureProgram(how, model);
  program.define('step', entryOf(model, recorded));
  // The twin sees the channels as they come; ours takes them as BGR and turns them.
  const feed = fixtureFeed(first, n, h, w, 0.25);
  const images = Float32Array.from(feed, (_, i) => feed[i + 2 - 2 * (i % 3)]! / 255);
  const uniform = predicted ? 0.2999 : 0.3;
  const results = await program.run('step', {images, timestep: Float32Array.from(times)}, {uniform});
  program.dispose();
  const valuesOf = (key: string) => results[key]!.values as Float32Array;
  const wrong = Object.entries(exact).flatMap(([key, value]) =>
    outside('RIFE 4.x: loss terms', Math.abs(valuesOf(key)[0]! / value - 1), key),
  );
  expect(wrong).toEqual([]);
  const inFile = new Map(
    model.parameters.map(({name}) => [name, model.toFile(name, valuesOf(name))] as const),
  );
  expect(gradientsOutside('RIFE 4.x', inFile, grads)).toEqual([]);
});

describe('time calibration', () => {
  const random = seededRandom(3);
  const image = (channels: number) =>
    tf.tensor4d(
      Float32Array.from({length: 2 * 16 * 16 * channels}, () => random()),
      [2, 16, 16, channels],
    );
  const specs = calibrationSpecs({encode: undefined} as never);
  const weights = () =>
    Object.fromEntries(
      specs.map(({name, shape}) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = Float32Array.from({length: size}, () => 0.2 * (random() - 0.5));
        return [name, tf.tensor(values, [...shape])] as const;
      }),
    );
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  test('of the term and of a loss that gets the predicted time, gradients are those of finite differences', () => {
    const [p, images, gt] = [weights(), [image(3), image(3)] as [tf.Tensor4D, tf.Tensor4D], image(3)];
    const timestep = tf.tensor1d([0.25, 0.75]);
    const draw = {variant: undefined, uniform: () => tf.scalar(0)};
    const loss = (kernel: tf.Tensor, name: string) => {
      const views = {images, features: undefined};
      const found = calibrate({...p, [name]: kernel}, views, {gt, timestep, share: 0.3, draw});
      const used = tf.sum(tf.mul(found.timestep, tf.tensor1d([3, -2])));
      return tf.add(used, tf.sum(timeTerm(found.predicted, timestep)));
    };
    // From the last activation on there are no kinks.
    for (const name of ['caltime.8.bias', 'caltime.8.weight']) {
      const found = finiteDifferences(kernel => loss(kernel, name), [p[name]!], {step: 1e-1});
      expect(Math.max(...found.map(({error}) => error))).toBeLessThan(1e-2);
    }
  });

  test('replaces the time of the whole batch or of none, and gt in the middle adds nothing', () => {
    const [p, gt, timestep] = [weights(), image(3), tf.tensor1d([0.25, 0.5])];
    const views = {images: [image(3), image(3)] as [tf.Tensor4D, tf.Tensor4D], features: undefined};
    const at = (number: number) =>
      calibrate(p, views, {
        ...{gt, timestep, share: 0.3},
        draw: {variant: undefined, uniform: () => tf.scalar(number)},
      });
    const {predicted} = at(0);
    expect([...at(0.29).timestep.dataSync()]).toEqual([...predicted.dataSync()]);
    expect([...at(0.31).timestep.dataSync()]).toEqual([0.25, 0.5]);
    const [first, second] = timeTerm(predicted, timestep).dataSync();
    expect(first).toBeCloseTo((predicted.dataSync()[0]! - 0.25) ** 2, 6);
    expect(second).toBe(0);
  });

  test.each([
    ['4.25', 97_857],
    ['4.0', 95_553],
  ])('of %s has %i parameters, which predictions do not need', (version, size) => {
    const [plain, model] = [create({version}), create({version, timeCalibration: {}})];
    const added = model.parameters.filter(({name}) => name.startsWith('caltime.'));
    const count = added.reduce((sum, {shape}) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count).toBe(size);
    expect(model.parameters).toHaveLength(plain.parameters.length + 10);
    expect(model.cost!.prediction).toEqual(plain.cost!.prediction);
    expect(model.cost!.training.parameters - plain.cost!.training.parameters).toBe(size);
    // Layers at 1/2 and 1/4 of the size.
    const macs = (size - 32 - 3 * 64 - 1 - 9 * 32 * (version === '4.0' ? 9 : 17)) / 16;
    const firstMacs = (9 * 32 * (version === '4.0' ? 9 : 17)) / 4;
    expect(model.cost!.modules['caltime']!.macsPerPixel).toBeCloseTo(macs + firstMacs, 9);
    // The other fresh weights are what they are without it.
    const [before, after] = [plain.initialize(7), model.initialize(7)];
    for (const [name, values] of before) expect(after.get(name)).toEqual(values);
  });
});

describe('lists of scales', () => {
  test('are variants, with the share that is left for the own scales first', () => {
    const model = create({scaleLists: LISTS});
    expect(model.variants).toEqual([
      {name: '16-8-4-2-1', share: 0.4},
      {name: '8-4-2-2-1', share: 0.3},
      {name: '4-4-2-2-1', share: 0.3},
    ]);
    const all = create({scaleLists: LISTS.map(list => ({...list, share: 0.5}))});
    expect(all.variants!.map(({name}) => name)).toEqual(['8-4-2-2-1', '4-4-2-2-1']);
    expect(create().variants).toBeUndefined();
  });

  test('decide which crops fit, and the mean work of a step', () => {
    const large = {scales: [32, 8, 4, 2, 1], share: 0.25};
    expect(create({scaleLists: [large]}).cropMultiple).toBe(128);
    const workOf = (options: Partial<ModelOptions>) => create(options).cost!.training.macsPerPixel;
    const mixed = 0.75 * workOf({}) + 0.25 * workOf({scales: large.scales});
    expect(workOf({scaleLists: [large]})).toBeCloseTo(mixed, 6);
    expect(create({scaleLists: [large]}).cost!.prediction).toEqual(create().cost!.prediction);
  });

  test.each<[Partial<ModelOptions>, RegExp]>([
    [{scaleLists: [{scales: [8, 4, 2, 1], share: 0.3}]}, /scaleLists.*lists of 5 powers of two/],
    [{scaleLists: [{scales: [8, 4, 3, 2, 1], share: 0.3}]}, /scaleLists.*lists of 5 powers of two/],
    [{scaleLists: LISTS.map(list => ({...list, share: 0.6}))}, /scaleLists.*add up to at most 1/],
    [{scaleLists: [LISTS[0]!, LISTS[0]!]}, /scaleLists.*differ from each other/],
    [{scaleLists: [{scales: [16, 8, 4, 2, 1], share: 0.3}]}, /scaleLists.*differ from each other/],
    [{scaleLists: [{scales: [8, 4, 2, 2, 1], share: 0}]}, /scaleLists/],
    [{scaleLists: []}, /scaleLists/],
    [{timeCalibration: {share: 2}}, /timeCalibration\.share.*from 0 to 1/],
    [{timeCalibration: {weight: 0}}, /timeCalibration\.weight.*above 0/],
  ])('%j is refused', (options, message) => {
    expect(() => create(options)).toThrow(message);
  });

  test('complete options stay as they are', () => {
    const {options} = create({scaleLists: LISTS, timeCalibration: {share: 0.2}});
    expect(options.timeCalibration).toEqual({weight: 1, share: 0.2});
    expect(create(options).options).toEqual(options);
    expect(releasedOptions('4.25')).not.toHaveProperty('timeCalibration');
  });
});
