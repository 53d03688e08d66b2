/** The network and the batches that plugins are tried on. */
import {resolveConfig, type BatchRequest, type NamedTensors, type SamplingPolicy} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {findEngines} from '../conformance/engines.js';
import {fixtureImages, gradientError, TinyBatches, tinyConfig, TinyModel, trainTiny} from '../index.js';

const OPTIONS = {name: 'Tiny', scales: [4, 2, 1], widths: [6, 5, 4]};
const BATCH = 2;
const SIDE = 32;

beforeAll(async () => {
  await findEngines();
});

/** Parameters and buffers as tensors, and a batch of moving discs. */
function setUp(options: ConstructorParameters<typeof TinyModel>[0] = OPTIONS) {
  const model = new TinyModel(options);
  const values = model.initialize(3);
  const p = Object.fromEntries(
    [...model.parameters, ...model.buffers].map(({name, shape}) => [
      name,
      tf.tensor(values.get(name)!, [...shape]),
    ]),
  ) as NamedTensors;
  const pixels = Float32Array.from(fixtureImages(1, BATCH, SIDE, SIDE), value => value / 255);
  const images: tf.Tensor4D = tf.transpose(tf.tensor4d(pixels, [BATCH, 9, SIDE, SIDE]), [0, 2, 3, 1]);
  return {model, p, batch: {images, gap: tf.tensor1d([1, 2]), timestep: tf.tensor1d([0.5, 0.5])}};
}

const same = <T>(flow: T) => flow;

describe('TinyModel', () => {
  test('every loss term is one finite value per sample', () => {
    const {model, p, batch} = setUp();
    const {terms, maxFlow, squaredError} = model.losses(p, batch, same);
    for (const term of [...Object.values(terms), squaredError!]) {
      expect(term.shape).toEqual([BATCH]);
      expect([...term.dataSync()].every(value => value > 0 && value < 10)).toBe(true);
    }
    expect(maxFlow.dataSync()[0]).toBeGreaterThan(0);
  });

  test.each([
    'block0.conv.weight',
    'block1.last.weight',
    'block2.slope',
    'block_tea.conv.bias',
    'refine.weight',
  ])("the gradient of all terms by %s is the function's slope", name => {
    const {model, p, batch} = setUp();
    const loss = (x: tf.Tensor) => {
      const one = {...batch, images: tf.slice(batch.images, 0, 1)};
      const {terms} = model.losses({...p, [name]: x}, one, same);
      return tf.stack([terms['reconstruction']!, terms['teacher']!]);
    };
    // The step is short because of the kinks of the activations.
    expect(gradientError(loss, [p[name]!], {step: 2e-3})).toBeLessThan(2e-2);
  });

  test('distillation pulls the students alone; every other parameter has a gradient of some term', () => {
    const {model, p, batch} = setUp();
    const names = model.parameters.map(({name}) => name);
    /** Norm of each parameter's gradient; 0 where there is none. */
    const normsOf = (term: string) => {
      const loss = () => tf.sum<tf.Scalar>(model.losses(p, batch, same).terms[term]!);
      const {grads} = tf.engine().gradients(
        loss,
        names.map(name => p[name]!),
        undefined,
        true,
      );
      const normOf = (gradient: tf.Tensor | undefined) => (gradient ? tf.norm(gradient).dataSync()[0]! : 0);
      return new Map(names.map((name, i) => [name, normOf(grads[i])]));
    };
    const distill = normsOf('distill');
    const [reconstruction, teacher] = [normsOf('reconstruction'), normsOf('teacher')];
    for (const name of names) {
      if (name.startsWith('block_tea')) expect(distill.get(name)).toBe(0);
      else if (name.startsWith('block')) expect(distill.get(name)).toBeGreaterThan(0);
      expect(reconstruction.get(name)! + teacher.get(name)!).toBeGreaterThan(0);
    }
  });

  test('taps see each block, coarse to fine, and what they return is what is added up', () => {
    const {model, p, batch} = setUp();
    const seen: unknown[] = [];
    const zero = model.losses(p, batch, (flow, info) => {
      seen.push([info.block, info.stage, info.scale, info.role, flow.shape.join()]);
      return tf.zerosLike(flow);
    });
    const shape = [BATCH, SIDE, SIDE, 4].join();
    expect(seen).toEqual([
      ['block0', 0, 4, 'student', shape],
      ['block1', 1, 2, 'student', shape],
      ['block2', 2, 1, 'student', shape],
      ['block_tea', 3, 1, 'teacher', shape],
    ]);
    expect(zero.maxFlow.dataSync()[0]).toBe(0);
  });

  test('files hold [out,in,h,w], transposed convolutions [in,out,h,w]; and back', () => {
    const {model} = setUp();
    for (const {name, shape, fileShape, unitAxis} of model.parameters) {
      const values = Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => i);
      const file = model.toFile(name, values);
      expect([...model.fromFile(name, file)]).toEqual([...values]);
      if (shape.length < 4) continue;
      const expected = tf.transpose(tf.tensor(values, [...shape]), [3, 2, 0, 1]);
      expect(expected.shape).toEqual(fileShape);
      expect([...file]).toEqual([...expected.dataSync()]);
      expect(unitAxis).toBe(name.includes('.last.') ? 2 : 3);
    }
  });

  test('running means move towards those of the batch, and a prediction uses them', () => {
    const {model, p, batch} = setUp({...OPTIONS, norm: 'batch'});
    const {buffers} = model.losses(p, batch, same);
    expect(Object.keys(buffers!)).toEqual(model.buffers.map(({name}) => name));
    for (const mean of Object.values(buffers!)) expect(tf.norm(mean).dataSync()[0]).toBeGreaterThan(0);
    const pair = tf.slice(batch.images, [0, 0, 0, 0], [-1, -1, -1, 6]);
    const flowWith = (weights: NamedTensors) => [
      ...model.predict(weights, pair, batch.timestep, same).flow.dataSync(),
    ];
    expect(flowWith({...p, ...buffers})).not.toEqual(flowWith(p));
  });

  test('stages that start from zero have no flow', () => {
    const {model, p, batch} = setUp({...OPTIONS, zeroStages: 1});
    const largest: number[] = [];
    model.losses(p, batch, flow => {
      largest.push(tf.max(tf.abs(flow)).dataSync()[0]!);
      return flow;
    });
    expect(largest.map(value => value > 0)).toEqual([false, true, true, true]);
  });

  test('a flipped prediction of a flipped pair is the flipped prediction', () => {
    const {model, p, batch} = setUp();
    const pair: tf.Tensor4D = tf.slice(batch.images, [0, 0, 0, 0], [-1, -1, -1, 6]);
    const predict = (images: tf.Tensor4D) => model.predict(p, images, batch.timestep, same, {flip: true});
    const [straight, turned] = [predict(pair), predict(tf.reverse(pair, [1, 2]))];
    const difference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
    expect(difference(tf.reverse(turned.refined, [1, 2]), straight.refined)).toBeLessThan(1e-5);
    expect(difference(tf.neg(tf.reverse(turned.flow, [1, 2])), straight.flow)).toBeLessThan(1e-4);
  });

  test('learns', async () => {
    const {eager} = await findEngines();
    const {steps} = await trainTiny({engine: eager, config: {steps: 60, optim: {learningRate: 1e-2}}});
    const mean = (from: number, to: number) =>
      steps.slice(from, to).reduce((sum, {terms}) => sum + terms['reconstruction']!, 0) / (to - from);
    expect(mean(50, 60)).toBeLessThan(0.8 * mean(0, 10));
  });
});

describe('TinyBatches', () => {
  const asked: number[] = [];
  const open = (policy: SamplingPolicy = {minGap: 1, maxGap: 6}, options = {}, seed = 1) => {
    asked.length = 0;
    const {data} = resolveConfig(tinyConfig({}, 'unused'));
    const policyAt = (index: number) => (asked.push(index), policy);
    const request: BatchRequest = {
      ...{data, seed, policyAt, startIndex: 0, model: {cropMultiple: 8, minCrop: 8}},
      ...{shard: {rank: 0, count: 1}, origin: {batch: 0, sample: 0}},
    };
    return new TinyBatches(request, options);
  };
  const take = async (source: TinyBatches, count: number) => {
    const batches = [];
    for (let i = 0; i < count; i++) batches.push(await source.next());
    return batches;
  };

  test('a batch depends on seed, number and policy alone', async () => {
    const [first, second] = [await take(open(), 4), await take(open(), 4)];
    expect(second).toEqual(first);
    expect(first.map(({index}) => index)).toEqual([0, 1, 2, 3]);
    const source = open();
    await source.seek(3);
    expect(await source.next()).toEqual(first[3]);
    expect((await take(open(undefined, {}, 2), 1))[0]!.images).not.toEqual(first[0]!.images);
  });

  test('nothing is drawn before the first batch is asked for, then `prefetch` ahead', async () => {
    const source = open();
    expect(asked).toEqual([]);
    await source.next();
    expect(asked).toEqual([0, 1, 2]);
    await source.next();
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  test('gaps follow the weights', async () => {
    const batches = await take(open({minGap: 2, maxGap: 4, gapWeights: [1, 0, 3]}), 100);
    const gaps = batches.flatMap(({gap}) => [...gap]);
    expect(new Set(gaps)).toEqual(new Set([2, 4]));
    expect(gaps.filter(gap => gap === 4).length / gaps.length).toBeCloseTo(0.75, 1);
  });

  test('a shift leaves batches out', async () => {
    const batches = await take(open(undefined, {shift: {from: 1, by: 2}}), 3);
    expect(batches.map(({index}) => index)).toEqual([0, 3, 4]);
  });

  test('motion grows with the gap', async () => {
    const motion = async (gap: number) => {
      const {images} = await open({minGap: gap, maxGap: gap}).next();
      let sum = 0;
      for (let i = 0; i < images.length; i += 9) sum += Math.abs(images[i]! - images[i + 3]!);
      return sum;
    };
    expect(await motion(6)).toBeGreaterThan(1.5 * (await motion(1)));
  });
});
