/**
 * VGG-19 and the terms that compare frames in its features: values and gradients against PyTorch in
 * float64, on a narrow network with torchvision's names.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {
  finiteDifferences,
  fixtureFeed,
  fixtureWeights,
  normOf,
  outside,
  sampledIndices,
  type RecordedGradient,
} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {fromFile} from '../../layout.js';
import {featureSpecs, layersTo} from '../featurePlan.js';
import {perceptualTerms} from '../perceptual.js';
import {PERCEPTUAL_TERMS, perceptualMacs, perceptualSpecs, type PerceptualTerm} from '../perceptualPlan.js';
import {SECOND_CONVS, VGG_PREFIX, vgg19} from '../vgg19.js';

interface Recorded {
  width: number;
  n: number;
  h: number;
  w: number;
  first: number;
  timestep: number;
  terms: Record<PerceptualTerm, number[]>;
  grads: Record<PerceptualTerm, RecordedGradient>;
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/perceptual.json'), 'utf8')) as Recorded;
const {width, n, h, w, first, timestep, terms: exact, grads} = RECORDED;
const layers = vgg19(width);

/** He's initialisation has six times the variance of the fixtures' weights. */
const GAIN = Math.fround(Math.sqrt(6));

function weights(): NamedTensors {
  const specs = featureSpecs(layers);
  const values = fixtureWeights({parameters: specs});
  return Object.fromEntries(
    specs.map(spec => {
      const own = values.get(spec.name)!;
      const scaled = spec.name.endsWith('.weight') ? own.map(x => x * GAIN) : own;
      return [VGG_PREFIX + spec.name, tf.tensor(fromFile(spec, scaled), [...spec.shape])];
    }),
  );
}

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** First frames and gt of the fixtures' batch, their channels as they come. */
function images(): [tf.Tensor4D, tf.Tensor4D] {
  const feed = Float32Array.from(fixtureFeed(first, n, h, w, timestep), x => x / 255);
  const all = tf.tensor4d(feed, [n, h, w, 9]);
  return [0, 6].map(at => tf.slice(all, [0, 0, 0, at], [n, h, w, 3])) as [tf.Tensor4D, tf.Tensor4D];
}

/** [N,C,H,W], as the twin's gradients are. */
const planes = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]).dataSync<'float32'>();

describe.each(PERCEPTUAL_TERMS)('%s', name => {
  const term = (p: NamedTensors, image: tf.Tensor, gt: tf.Tensor) =>
    perceptualTerms([name], p, image as tf.Tensor4D, gt as tf.Tensor4D, layers)[name]!;

  test('values of each sample, and the gradient', () => {
    const [p, [image, gt]] = [weights(), images()];
    const values = term(p, image, gt);
    expect(values.shape).toEqual([n]);
    const wrong = [...values.dataSync()].flatMap((value, i) =>
      outside('VGG-19: loss terms', Math.abs(value / exact[name][i]! - 1), `${name} ${i}`),
    );
    const gradient = planes(tf.grad(x => tf.sum(term(p, x, gt)))(image));
    const {norm, max, val} = grads[name];
    const at = sampledIndices(name, gradient.length);
    const farthest = Math.max(...val!.map((value, i) => Math.abs(gradient[at[i]!]! - value)));
    expect([
      ...wrong,
      ...outside('VGG-19: gradients', Math.abs(normOf(gradient) / norm - 1), `${name} norm`),
      ...outside('VGG-19: gradients', farthest / max, `${name} entries`),
    ]).toEqual([]);
  });

  test('no gradient runs into gt', () => {
    const [p, [image, gt]] = [weights(), images()];
    const constant = tf.tensor4d(image.dataSync(), image.shape);
    const both = tf.grad(x => term(p, tf.mul(x, 0.5), x))(image);
    const one = tf.grad(x => term(p, tf.mul(x, 0.5), constant))(image);
    expect(planes(both)).toEqual(planes(one));
    expect(() => tf.grad(x => term(p, image, x))(gt)).toThrow(/gradient/);
  });

  test('a frame has no distance from itself', () => {
    const [p, [image]] = [weights(), images()];
    expect([...term(p, image, image).dataSync()]).toEqual([0, 0]);
  });
});

test('both terms at once are what each is alone', () => {
  const [p, [image, gt]] = [weights(), images()];
  const both = perceptualTerms(PERCEPTUAL_TERMS, p, image, gt, layers);
  for (const name of PERCEPTUAL_TERMS)
    expect([...both[name]!.dataSync()]).toEqual([
      ...perceptualTerms([name], p, image, gt, layers)[name]!.dataSync(),
    ]);
  expect(perceptualTerms([], p, image, gt, layers)).toEqual({});
});

test.each(PERCEPTUAL_TERMS)('the gradient of %s is that of finite differences', name => {
  // Away from all kinks: weights above 0, a frame that grows to one corner and is brighter than gt.
  const mean = (x: tf.Tensor) => (x.rank === 4 ? tf.div(x, tf.sum(x, [0, 1, 2], true)) : x);
  const p = Object.fromEntries(Object.entries(weights()).map(([key, x]) => [key, mean(tf.abs(x))]));
  const at = (i: number) => 0.6 + 0.2 * (((i / 3) | 0) % 16) + 0.1 * ((i / 48) | 0);
  const image = tf.tensor4d(
    Float32Array.from({length: 16 * 16 * 3}, (_, i) => at(i)),
    [1, 16, 16, 3],
  );
  const gt = tf.sub(image, 0.3) as tf.Tensor4D;
  const f = (x: tf.Tensor) => perceptualTerms([name], p, x as tf.Tensor4D, gt, layers)[name]!;
  const errors = finiteDifferences(f, [image], {step: 2e-2}).map(({error}) => error);
  expect(Math.max(...errors)).toBeLessThan(1e-2);
});

describe('the layers are those of torchvision', () => {
  const named = new Map(perceptualSpecs(PERCEPTUAL_TERMS).map(({name, fileShape}) => [name, fileShape]));

  test('names and shapes', () => {
    expect([...named.keys()].filter(name => name.endsWith('.weight'))).toEqual(
      [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30].map(i => `features.${i}.weight`),
    );
    expect(named.get('features.0.weight')).toEqual([64, 3, 3, 3]);
    expect(named.get('features.5.weight')).toEqual([128, 64, 3, 3]);
    expect(named.get('features.19.weight')).toEqual([512, 256, 3, 3]);
    expect(named.get('features.30.bias')).toEqual([512]);
    expect(
      vgg19()
        .filter(layer => layer !== 'pool')
        .map(({name}) => name)
        .at(-1),
    ).toBe('features.34');
  });

  test('a term reads no layer after its last', () => {
    expect(perceptualSpecs(['vgg']).at(-1)!.name).toBe('features.28.bias');
    expect(perceptualSpecs([])).toEqual([]);
    expect(layersTo(vgg19(), [SECOND_CONVS[0]!])).toHaveLength(2);
    // All of VGG-19's convolutions have 19.5 G at 224 x 224; conv5_2 to conv5_4 are not run.
    expect(perceptualMacs(['vgg']) * 224 ** 2).toBe(19_508_428_800 - 3 * 14 ** 2 * 9 * 512 ** 2);
  });
});
