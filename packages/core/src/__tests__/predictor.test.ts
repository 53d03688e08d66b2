import * as tf from '@tensorflow/tfjs-core';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {Engine, FlowTap, NamedTensors, PredictOptions, VariableSpec} from '../contract/index.js';
import type {Frame} from '../predict/frames.js';
import {paddedPair, scalesFor} from '../predict/frames.js';
import {openPredictor, type FrameOptions, type PredictorParts} from '../predict/predictor.js';
import {TestEngine, TestProgram} from './helpers/eagerProgram.js';
import {FakeModel} from './helpers/fakeModel.js';
import {rejection} from './helpers/harness.js';

/** Blends img0 and img1 by the timestep; remembers what it was asked for. */
class BlendModel extends FakeModel {
  override readonly anyTimestep: boolean = true;
  readonly asked: {shape: number[]; options: PredictOptions | undefined}[] = [];

  override predict(
    parameters: NamedTensors,
    images: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    options?: PredictOptions,
  ) {
    this.asked.push({shape: images.shape, options});
    const {flow, mask} = super.predict(parameters, images, timestep, flowTap);
    const [img0, img1] = tf.split(images, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const t = tf.reshape(timestep, [1, 1, 1, 1]);
    const blend = tf.add<tf.Tensor4D>(img0, tf.mul(t, tf.sub(img1, img0)));
    const bias = tf.reshape(parameters['mix.bias']!, [1, 1, 1, 3]);
    return {refined: tf.add<tf.Tensor4D>(blend, bias), flow, mask};
  }
}

class MiddleModel extends BlendModel {
  override readonly anyTimestep = false;
}

class CountingEngine extends TestEngine {
  readonly programs: TestProgram[] = [];

  override createProgram(variables: readonly VariableSpec[]) {
    const program = super.createProgram(variables) as TestProgram;
    this.programs.push(program);
    return program;
  }
}

const OPTIONS = {name: 'Fake', scales: [4, 2, 1], widths: [2, 2, 2]};

function open({
  model = new BlendModel(OPTIONS),
  bias = [0, 0, 0],
  ...parts
}: {model?: BlendModel; bias?: number[]} & Partial<PredictorParts> = {}) {
  const engine = new CountingEngine();
  const weights = new Map([...model.initialize(1), ['mix.bias', Float32Array.from(bias)]]);
  return {model, engine, predictor: openPredictor({engine, model, weights, ...parts})};
}

const frame = (height: number, width: number, seed = 0): Frame => ({
  height,
  width,
  data: Uint8Array.from({length: height * width * 3}, (_, i) => (i * 37 + seed * 101) & 255),
});
const asFloats = ({data, ...size}: Frame): Frame => ({...size, data: Float32Array.from(data, v => v / 255)});

describe('a frame', () => {
  test('is the blend at its timestep, cropped to the size of the inputs', async () => {
    const {predictor, model} = open();
    const [img0, img1] = [frame(5, 70), frame(5, 70, 1)];
    const {height, width, refined, flow, mask} = await predictor.predict(img0, img1, 0.25);
    expect([height, width, flow, mask]).toEqual([5, 70, undefined, undefined]);
    const expected = [...img0.data].map((v, i) => (0.75 * v + 0.25 * img1.data[i]!) / 255);
    expect(refined).toHaveLength(5 * 70 * 3);
    refined.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 6));
    expect(model.asked[0]!.shape).toEqual([1, 32, 96, 6]);
  });

  test('comes with flow and mask on request', async () => {
    const {predictor} = open();
    const [img0, img1] = [frame(3, 40), frame(3, 40, 1)];
    const {flow, mask} = await predictor.predict(img0, img1, 0.5, {details: true});
    expect(flow).toHaveLength(3 * 40 * 4);
    expect(mask).toHaveLength(3 * 40);
    // The fake's flow is a multiple of the first four channels: B, G, R of img0 and B of img1.
    const scale = 0.3 * Math.sin(1 + 2);
    expect(flow![40 * 4]).toBeCloseTo((img0.data[40 * 3]! / 255) * scale, 5);
    expect(mask![40]).toBeCloseTo(1 / (1 + Math.exp(-flow![40 * 4]!)), 5);
  });

  test('of float32 inputs is that of the same bytes', async () => {
    const {predictor} = open();
    const [img0, img1] = [frame(6, 34), frame(6, 34, 1)];
    const bytes = await predictor.predict(img0, img1, 0.3);
    for (const pair of [
      [asFloats(img0), asFloats(img1)],
      [img0, asFloats(img1)],
    ] as const) {
      const floats = await predictor.predict(...pair, 0.3);
      expect(floats.refined).toEqual(bytes.refined);
    }
  });

  test('can be an input again', async () => {
    const {predictor} = open();
    const [img0, img1] = [frame(4, 4), frame(4, 4, 1)];
    const {refined, ...size} = await predictor.predict(img0, img1, 0.5);
    const quarter = await predictor.predict(img0, {...size, data: refined}, 0.5);
    const direct = await predictor.predict(img0, img1, 0.25);
    quarter.refined.forEach((v, i) => expect(v).toBeCloseTo(direct.refined[i]!, 6));
  });
});

describe('options', () => {
  test.each<[FrameOptions, PredictOptions, number[]]>([
    [{}, {scales: [4, 2, 1], flip: false}, [1, 32, 64, 6]],
    [{scale: 0.5}, {scales: [8, 4, 2], flip: false}, [1, 64, 64, 6]],
    [{scale: 0.25, tta: true}, {scales: [16, 8, 4], flip: true}, [1, 128, 128, 6]],
    [{scale: 4}, {scales: [1, 0.5, 0.25], flip: false}, [1, 32, 64, 6]],
    [{scaleList: [8, 4, 2]}, {scales: [8, 4, 2], flip: false}, [1, 32, 64, 6]],
    [{scaleList: [8, 4, 2], scale: 0.5}, {scales: [16, 8, 4], flip: false}, [1, 64, 64, 6]],
    [{scaleList: [32, 4, 2]}, {scales: [32, 4, 2], flip: false}, [1, 128, 128, 6]],
  ])('%j', async (options, expected, shape) => {
    const {predictor, model} = open();
    await predictor.predict(frame(32, 33), frame(32, 33, 1), 0.5, options);
    expect(model.asked[0]).toEqual({shape, options: expected});
  });

  test('padding is the reference’s: zeros to the right and below', () => {
    const pair = paddedPair(frame(1, 2), frame(1, 2, 1), 4);
    expect([pair.height, pair.width]).toEqual([4, 4]);
    const [img0, img1] = [frame(1, 2).data, frame(1, 2, 1).data];
    const pixel = (i: number) => [...img0.slice(3 * i, 3 * i + 3), ...img1.slice(3 * i, 3 * i + 3)];
    expect([...pair.data]).toEqual([...pixel(0), ...pixel(1), ...new Array<number>(14 * 6).fill(0)]);
    expect([1, 0.5, 0.25, 2].map(scale => scalesFor([4, 2, 1], scale).multiple)).toEqual([32, 64, 128, 32]);
  });
});

describe('graphs', () => {
  test('serve every size that is padded alike, and every timestep', async () => {
    const {predictor, engine} = open();
    for (const [height, width, t] of [
      [5, 5, 0.5],
      [32, 20, 0.1],
      [5, 5, 0.9],
    ] as const)
      await predictor.predict(frame(height, width), frame(height, width), t);
    expect(engine.programs).toHaveLength(1);
  });

  test('are bounded in number; the one unused for the longest time goes', async () => {
    const {predictor, engine} = open({keep: 2});
    const at = (width: number) => predictor.predict(frame(4, width), frame(4, width), 0.5);
    await at(10);
    await at(40);
    await at(10);
    await at(70);
    expect(engine.programs.map(({disposed}) => disposed)).toEqual([false, true, false]);
    await at(10);
    expect(engine.programs).toHaveLength(3);
  });

  test('are not mixed up by calls that overlap', async () => {
    const {predictor} = open({keep: 1});
    const widths = [10, 40, 70, 10, 40];
    const frames = await Promise.all(
      widths.map((width, i) => predictor.predict(frame(4, width, i), frame(4, width, i), 0.5)),
    );
    frames.forEach(({refined, width}, i) => {
      expect(width).toBe(widths[i]);
      expect(refined[7]).toBeCloseTo(frame(4, width, i).data[7]! / 255, 6);
    });
  });

  test('need the engine only when frames and options are sound', async () => {
    const load = jest.fn(async (): Promise<Engine> => new CountingEngine());
    const {predictor} = open({engine: load});
    await rejection(predictor.predict(frame(4, 4), frame(4, 5), 0.5));
    expect(load).not.toHaveBeenCalled();
    await predictor.predict(frame(4, 4), frame(4, 4), 0.5);
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('leave no tensor', async () => {
    const {predictor, engine} = open();
    const before = tf.memory().numTensors;
    await predictor.predict(frame(4, 4), frame(4, 4), 0.5);
    await predictor.close();
    expect(tf.memory().numTensors).toBe(before);
    expect(engine.programs[0]!.disposed).toBe(true);
  });
});

describe('errors', () => {
  const fails = async (
    run: (predictor: ReturnType<typeof openPredictor>) => Promise<unknown>,
    parts?: Parameters<typeof open>[0],
  ) => {
    const {predictor} = open(parts);
    const {code, message} = await rejection(run(predictor));
    return `${code}: ${message}`;
  };
  const ok = frame(4, 4);

  test.each<[string, string, Frame, Frame, number, FrameOptions]>([
    ['RIFE_ERR_PREDICT_SIZES', 'img0 is 4 x 4 and img1 is 4 x 8', ok, frame(4, 8), 0.5, {}],
    ['RIFE_ERR_PREDICT_FRAME', 'img1 has 48 values for 4 x 5', ok, {...ok, width: 5}, 0.5, {}],
    ['RIFE_ERR_PREDICT_FRAME', 'img0 is 0 x 4', {...ok, height: 0}, ok, 0.5, {}],
    ['RIFE_ERR_PREDICT_FRAME', 'neither', {...ok, data: [1] as never}, ok, 0.5, {}],
    ['RIFE_ERR_PREDICT_TIMESTEP', 'above 0 and below 1', ok, ok, 0, {}],
    ['RIFE_ERR_PREDICT_TIMESTEP', 'above 0 and below 1', ok, ok, NaN, {}],
    ['RIFE_ERR_PREDICT_SCALE', 'one of 0.25, 0.5, 1, 2, 4', ok, ok, 0.5, {scale: 3}],
    ['RIFE_ERR_PREDICT_SCALE', '"scaleList" is []', ok, ok, 0.5, {scaleList: []}],
    ['RIFE_ERR_PREDICT_SCALE', '"scaleList" is [4,-1]', ok, ok, 0.5, {scaleList: [4, -1]}],
  ])('%s: %s', async (code, text, img0, img1, t, options) => {
    const error = await fails(predictor => predictor.predict(img0, img1, t, options));
    expect(error).toContain(code);
    expect(error).toContain(text);
  });

  test('another time than the middle, for a network without a timestep input', async () => {
    const error = await fails(predictor => predictor.predict(ok, ok, 0.25), {
      model: new MiddleModel(OPTIONS),
    });
    expect(error).toMatch(/RIFE_ERR_PREDICT_TIMESTEP: .*is 0.25.*Fake takes no timestep/);
    await expect(open({model: new MiddleModel(OPTIONS)}).predictor.predict(ok, ok)).resolves.toMatchObject({
      height: 4,
    });
  });

  test('weights that are missing or of another size are named', () => {
    const model = new BlendModel(OPTIONS);
    const weights = model.initialize(0);
    weights.delete('flow.scale');
    weights.set('mix.bias', new Float32Array(4));
    expect(() => openPredictor({engine: new TestEngine(), model, weights})).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PREDICT_WEIGHTS'}),
    );
    expect(() => openPredictor({engine: new TestEngine(), model, weights})).toThrow(
      '"mix.bias" has 4 values, not 3; "flow.scale" is missing',
    );
  });

  test('a frame of NaN is not returned', async () => {
    expect(await fails(predictor => predictor.predict(ok, ok, 0.5), {bias: [0, NaN, 0]})).toMatch(
      /RIFE_ERR_PREDICT_NON_FINITE: .*16 values/,
    );
  });

  test('after one, the next prediction works; after close, none does', async () => {
    const {predictor} = open();
    await rejection(predictor.predict(ok, ok, 0.5, {scale: 3}));
    await predictor.predict(ok, ok, 0.5);
    await predictor.close();
    expect(await rejection(predictor.predict(ok, ok, 0.5))).toMatchObject({code: 'RIFE_ERR_PREDICT_CLOSED'});
  });

  test('a graph that cannot be compiled is not kept', async () => {
    class Refusing extends BlendModel {
      override predict(): never {
        throw new Error('no such scales');
      }
    }
    const {predictor, engine} = open({model: new Refusing(OPTIONS)});
    await rejection(predictor.predict(ok, ok, 0.5));
    await rejection(predictor.predict(ok, ok, 0.5));
    expect(engine.programs.map(({disposed}) => disposed)).toEqual([true, true]);
  });

  test('are documented, one and all', () => {
    const read = (...parts: string[]) => readFileSync(path.join(__dirname, ...parts), 'utf8');
    const codes = (text: string, pattern: RegExp) =>
      [...text.matchAll(pattern)].map(match => match[1]).sort();
    expect(codes(read('../../../../docs/errors/predict.md'), /^## (\w+)/gm)).toEqual(
      codes(read('../../../errors/src/predict.ts'), /code: '(\w+)'/g),
    );
  });
});
