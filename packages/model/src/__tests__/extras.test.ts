/**
 * What options add to the reference's network: nothing to the output before it is trained, and what
 * it costs.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, Model, ModelOptions, NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {costOf} from '../cost.js';
import {deduceOptions, specsOf} from '../deduceOptions.js';
import {createModel} from '../index.js';

const STOCK: ModelOptions = {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90]};
const SMALL: ModelOptions = {name: 'IFNet', scales: [4, 2, 1], widths: [12, 10, 8]};
const EXTRAS: [string, Partial<ModelOptions>][] = [
  ['fusion', {fusion: true}],
  ['dilated', {receptiveField: 'dilated'}],
  ['large-kernel', {receptiveField: 'large-kernel'}],
  ['fusion and dilated', {fusion: true, receptiveField: 'dilated'}],
];
const noTap: FlowTap = flow => flow;
const list = (x: tf.Tensor) => [...x.dataSync()];

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** Fresh values as tensors; those of `from` where it has them. */
function tensorsOf(model: Model, from?: Model): NamedTensors {
  const given = from?.initialize(1);
  return Object.fromEntries(
    [...model.initialize(1)].map(([name, values]) => {
      const {shape} = model.parameters.find(spec => spec.name === name)!;
      return [name, tf.tensor(given?.get(name) ?? values, [...shape])];
    }),
  );
}

const batch = () => ({
  images: tf.randomUniform([2, 64, 96, 9], 0, 1, 'float32', 5) as tf.Tensor4D,
  gap: tf.ones([2]) as tf.Tensor1D,
  timestep: tf.fill([2], 0.5) as tf.Tensor1D,
});

describe.each(EXTRAS)('%s', (_, extras) => {
  const stock = createModel(SMALL);
  const model = createModel({...SMALL, ...extras});
  const added = () => model.parameters.filter(({name}) => !stock.parameters.some(spec => spec.name === name));

  test('the output, the flow and the losses are bit for bit those without it', () => {
    const {images, timestep, gap} = batch();
    const pair = tf.slice(images, [0, 0, 0, 0], [2, 64, 96, 6]) as tf.Tensor4D;
    const outputs = (net: Model, p: NamedTensors) => {
      const {refined, flow, mask} = net.predict(p, pair, timestep, noTap);
      const {terms} = net.losses(p, {images, timestep, gap}, noTap);
      return [refined, flow, mask, ...Object.values(terms)].map(list);
    };
    expect(added().length).toBeGreaterThan(2);
    const expected = outputs(stock, tensorsOf(stock));
    const got = outputs(model, tensorsOf(model, stock));
    // Compared here: jest would take minutes to print the difference of so many numbers.
    expect(got.map((values, i) => values.every((x, at) => Object.is(x, expected[i]![at])))).toEqual(
      got.map(() => true),
    );
  });

  test('its last convolutions get gradients at once; the rest of it, once those have moved', () => {
    const names = model.parameters.map(({name}) => name);
    const gradientNorms = (p: NamedTensors) => {
      const loss = (...values: tf.Tensor[]) => {
        const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
        return tf.sum(tf.addN(Object.values(model.losses(named, batch(), noTap).terms)));
      };
      const {grads} = tf.valueAndGrads(loss as never)(names.map(name => p[name]!));
      return new Map(grads.map((grad, i) => [names[i]!, list(tf.norm(grad))[0]!]));
    };
    const fresh = tensorsOf(model, stock);
    const last = /\.out\d*\.(weight|bias)$/;
    const first = gradientNorms(fresh);
    for (const {name} of added()) expect([name, first.get(name)! > 0]).toEqual([name, last.test(name)]);
    const moved = Object.entries(fresh).map(([name, value]) => [
      name,
      last.test(name) ? tf.add(value, tf.randomNormal(value.shape, 0, 0.05, 'float32', 3)) : value,
    ]);
    const second = gradientNorms(Object.fromEntries(moved));
    for (const {name} of added()) expect([name, second.get(name)! > 0]).toEqual([name, true]);
  });

  test('is recognised by the names of a file', () => {
    const shapes = new Map(
      specsOf({...SMALL, ...extras}).map(({name, fileShape}) => [name, {shape: fileShape}]),
    );
    expect(deduceOptions(shapes)).toEqual({...SMALL, ...extras});
  });

  test('costs what its tensors say', () => {
    const more = costOf({...STOCK, ...extras}).training.parameters - costOf(STOCK).training.parameters;
    const specs = specsOf({...STOCK, ...extras});
    const sum = specs.reduce((total, {fileShape}) => total + fileShape.reduce((a, b) => a * b, 1), 0);
    expect(more).toBe(sum - 10_708_215);
  });
});

test('branches are where features are at 1/16 or deeper; the teacher has none', () => {
  const options: ModelOptions = {...SMALL, scales: [8, 4, 2], receptiveField: 'dilated'};
  const modules = createModel(options)
    .parameters.filter(({name}) => name.includes('.dilated.'))
    .map(({name}) => name.split('.')[0]);
  expect([...new Set(modules)]).toEqual(['block0', 'block1', 'unet']);
});

test('zeroStages: the first blocks estimate nothing, whatever the seed; the teacher never starts from zero', () => {
  const model = createModel({...SMALL, scales: [16, 8, 4, 2], widths: [8, 8, 8, 8], zeroStages: 2});
  const values = model.initialize(7);
  const isZero = (name: string) => values.get(name)!.every(x => x === 0);
  const zero = [...values.keys()].filter(isZero);
  expect(zero).toEqual(
    ['block0', 'block1'].flatMap(block => [`${block}.lastconv.weight`, `${block}.lastconv.bias`]),
  );
});

test("the cost of the reference's networks is the one that it is known for", () => {
  const {modules, training, prediction} = costOf(STOCK);
  const rounded = Object.entries(modules).map(([name, {parameters, macsPerPixel}]) => [
    name,
    parameters,
    Math.round(macsPerPixel),
  ]);
  expect(rounded).toEqual([
    ['block0', 4_436_645, 17_389],
    ['block1', 1_747_580, 27_799],
    ['block2', 635_450, 40_899],
    ['block_tea', 636_665, 41_203],
    ['contextnet', 294_000, 6_552],
    ['unet', 2_957_875, 34_168],
  ]);
  expect([training.parameters, Math.round(training.macsPerPixel)]).toEqual([10_708_215, 168_010]);
  expect([prediction.parameters, Math.round(prediction.macsPerPixel)]).toEqual([10_071_550, 126_807]);
  expect(costOf({...STOCK, name: 'IFNet_m'}).training.parameters).toBe(10_710_780);
});

test('cost of what is added, by hand: multiply-adds per pixel', () => {
  const more = (options: Partial<ModelOptions>) =>
    costOf({...STOCK, ...options}).prediction.macsPerPixel - costOf(STOCK).prediction.macsPerPixel;
  // Two images; 1x1 to 32 channels and back, at 1/4 to 1/256 of the pixels.
  expect(more({fusion: true})).toBeCloseTo(2 * 2 * 32 * (16 / 4 + 32 / 16 + 64 / 64 + 128 / 256), 6);
  // block0 with 240 channels and the U-net's bottom with 256, both at 1/256 of the pixels.
  const dilated = (c: number, d: number) => (9 * c * d + 9 * d * d + d * c) / 256;
  expect(more({receptiveField: 'dilated'})).toBeCloseTo(dilated(240, 60) + dilated(256, 64), 6);
  const large = (c: number) => (169 * c + c * c) / 256;
  expect(more({receptiveField: 'large-kernel'})).toBeCloseTo(large(240) + large(256), 6);
});

describe('layouts', () => {
  const model = createModel({...SMALL, receptiveField: 'large-kernel'});

  test('of a depthwise kernel: [O,1,K,K] in files, [K,K,O,1] in the program', () => {
    const name = 'block0.large.depthwise.0.weight';
    const {shape, fileShape} = model.parameters.find(spec => spec.name === name)!;
    expect([shape, fileShape]).toEqual([
      [13, 13, 12, 1],
      [12, 1, 13, 13],
    ]);
    const file = Float32Array.from({length: 12 * 169}, (_, i) => i);
    const program = model.fromFile(name, file);
    // channel 5, row 2, column 11
    expect(program[(2 * 13 + 11) * 12 + 5]).toBe((5 * 13 + 2) * 13 + 11);
    expect(model.toFile(name, program)).toEqual(file);
  });

  test('the kernel starts within 1/sqrt(169), as in PyTorch', () => {
    const largest = Math.max(...model.initialize(1).get('block0.large.depthwise.0.weight')!.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / 13);
    expect(largest).toBeGreaterThan(0.98 / 13);
  });
});

test("options that are the reference's are not kept", () => {
  const {options} = createModel({...STOCK, zeroStages: 0, fusion: false, receptiveField: 'none'});
  expect(options).toEqual({...STOCK, norm: 'none'});
  const other = {
    ...STOCK,
    norm: 'none' as const,
    zeroStages: 1,
    fusion: true,
    receptiveField: 'dilated' as const,
  };
  expect(createModel(other).options).toEqual(other);
});

test.each([
  ['zeroStages', {zeroStages: 3}, 'a whole number from 0 to 2'],
  ['zeroStages', {zeroStages: -1}, 'a whole number from 0 to 2'],
  ['zeroStages', {zeroStages: 0.5}, 'a whole number from 0 to 2'],
  ['fusion', {fusion: 'yes'}, 'true or false, but got "yes"'],
  ['receptiveField', {receptiveField: 'wide'}, '"none", "dilated" or "large-kernel", but got "wide"'],
])('refuses %s of %j', (option, change, expected) => {
  const make = () => createModel({...SMALL, ...change} as ModelOptions);
  expect(make).toThrow(expect.objectContaining({code: 'RIFE_ERR_MODEL_OPTION'}));
  expect(make).toThrow(`Option "model.${option}" must be ${expected}`);
});

test('a prediction at a quarter of the size has four times the coarsest scale', () => {
  const model = createModel({name: 'IFNet', scales: [32, 1], widths: [8, 8]});
  const predict = (side: number) => () =>
    model.predict(tensorsOf(model), tf.zeros([1, side, side, 6]), tf.tensor1d([0.5]), noTap, {
      scales: [128, 4],
    });
  expect(predict(512)().refined.shape).toEqual([1, 512, 512, 3]);
  expect(predict(256)).toThrow(expect.objectContaining({code: 'RIFE_ERR_MODEL_INPUT'}));
});
