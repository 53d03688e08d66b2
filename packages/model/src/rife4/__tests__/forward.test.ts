/**
 * Every kind of RIFE 4.x network against a PyTorch twin in float64, which equals upstream's module
 * (bench/twin/rife4_fixtures.py).
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '@rife-train/engine';
import {fixtureImages, fixtureWeights, outside, sampledIndices} from '@rife-train/testing';
import {fromFile} from '../../layout.js';
import {sideMultiple} from '../../network.js';
import {RIFE4_VERSIONS} from '../architecture.js';
import {rife4Pass, type Rife4Input} from '../network.js';
import {rife4Specs} from '../specs.js';

type Samples = Record<string, number[]>;
interface Recorded {
  h: number;
  w: number;
  times: number[];
  parameters: number;
  plain: Samples;
  half?: Samples;
  ensemble?: Samples;
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/forward.json'), 'utf8')) as Record<
  string,
  Recorded
>;

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** What the fixtures hold of a tensor [B,H,W,C], counted as PyTorch's [B,C,H,W]. */
function sampled(name: string, x: tf.Tensor4D): number[] {
  const values = tf.transpose(x, [0, 3, 1, 2]).dataSync();
  return sampledIndices(name, values.length).map(at => values[at]!);
}

function run(version: string, {h, w, times}: Recorded, options: Partial<Rife4Input> = {}): Samples {
  const arch = RIFE4_VERSIONS[version]!;
  const parameters = rife4Specs(arch);
  const weights = fixtureWeights({parameters});
  const p = Object.fromEntries(
    parameters.map(spec => [spec.name, tf.tensor(fromFile(spec, weights.get(spec.name)!), [...spec.shape])]),
  );
  const pixels = tf.tensor4d(Float32Array.from(fixtureImages(0, times.length, h, w)), [
    times.length,
    9,
    h,
    w,
  ]);
  const pair = tf.slice(tf.div<tf.Tensor4D>(tf.transpose(pixels, [0, 2, 3, 1]), 255), 0, [
    times.length,
    h,
    w,
    6,
  ]);
  const {estimates} = rife4Pass(p, {
    pair,
    timestep: tf.tensor1d(times),
    scales: arch.scales,
    arch,
    flowTap: flow => flow,
    ...options,
  });
  const last = estimates.at(-1)!;
  return {
    ...Object.fromEntries(estimates.map(({own}, i) => [`own_${i}`, sampled(`own_${i}`, own.flow)])),
    flow: sampled('flow', last.flow),
    mask: sampled('mask', last.maskLogit),
    merged: sampled('merged', last.merged),
  };
}

function wrong(got: Samples, expected: Samples): string[] {
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  return Object.entries(expected).flatMap(([name, values]) => {
    const error = Math.max(...values.map((x, i) => Math.abs(x - got[name]![i]!)));
    return outside(name === 'merged' ? 'RIFE 4.x: images' : 'RIFE 4.x: flows, px, and masks', error, name);
  });
}

describe.each(Object.entries(RECORDED))('%s', (version, recorded) => {
  const {parameters, plain, half, ensemble} = recorded;
  const arch = RIFE4_VERSIONS[version]!;

  test('parameters', () => {
    const sizes = rife4Specs(arch).map(({fileShape}) => fileShape.reduce((a, b) => a * b, 1));
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(parameters);
  });

  test('each block, flow, mask and frame', () => {
    expect(wrong(run(version, recorded), plain)).toEqual([]);
  });

  if (half)
    test('at twice the scales', () => {
      const scales = arch.scales.map(scale => 2 * scale);
      expect(wrong(run(version, recorded, {scales}), half)).toEqual([]);
    });

  if (ensemble)
    test('the mean of both directions of time', () => {
      expect(wrong(run(version, recorded, {ensembleFrom: 0}), ensemble)).toEqual([]);
    });
});

test('sides', () => {
  const sides = Object.entries(RIFE4_VERSIONS).map(([version, {scales}]) => [version, sideMultiple(scales)]);
  expect(Object.fromEntries(sides)).toMatchObject({
    '4.0': 32,
    '4.20': 32,
    '4.25': 64,
    '4.25.lite': 128,
    '4.26.heavy': 64,
  });
});
