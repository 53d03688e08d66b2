/**
 * Five stages, fusion and branches, all with weights other than zero, against PyTorch in float64:
 * bench/twin/multiscale.py.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {ModelOptions, NamedTensors} from '@rife-train/core';
import {
  fixtureImages,
  fixtureWeights,
  gradientsOutside,
  lossesOutside,
  outside,
  sampledIndices,
  type RecordedGradient,
  type Standing,
} from '@rife-train/testing';
import {createModel} from '../index.js';
import {readJson} from './support/fixture.js';
import {EXECUTIONS, fixtureProgram} from './support/programs.js';

interface Recorded {
  n: number;
  h: number;
  w: number;
  options: Omit<ModelOptions, 'name'>;
  losses: {loss_l1: number; loss_tea: number; loss_distill: number; total: number};
  refined: number[];
  flow: number[];
  grads: Record<string, RecordedGradient>;
  standing: {moves: Standing};
}

/** Entries at the fixture's places of a tensor [B,H,W,C], whose places count in [B,C,H,W]. */
const sampled = (name: string, {values, shape}: {values: ArrayLike<number>; shape: number[]}): number[] => {
  const [, h, w, c] = shape as [number, number, number, number];
  return sampledIndices(name, values.length).map(at => {
    const [b, rest] = [Math.floor(at / (c * h * w)), at % (c * h * w)];
    return values[(b * h * w + (rest % (h * w))) * c + Math.floor(rest / (h * w))]!;
  });
};
const farthest = (got: number[], expected: number[]) =>
  Math.max(...expected.map((x, i) => Math.abs(got[i]! - x)));

const CASES = ['dilated', 'large-kernel'].flatMap(kind => EXECUTIONS.map(how => [kind, how] as const));
test.each(CASES)('%s, %s', async (kind, execution) => {
  const recorded = readJson<Recorded>(`multiscale_${kind}.json`);
  const {n, h, w, losses} = recorded;
  const model = createModel({name: 'IFNet', ...recorded.options});
  expect([...fixtureWeights(model).keys()]).toEqual(Object.keys(recorded.grads));
  const program = await fixtureProgram(execution, model);
  const names = model.parameters.map(({name}) => name);
  program.define('step', {
    feeds: {images: {shape: [n, 9, h, w], dtype: 'uint8'}},
    build(graph) {
      const images = tf.transpose(tf.div(graph.feed('images'), 255), [0, 2, 3, 1]) as tf.Tensor4D;
      const [gap, timestep] = [tf.ones([n]) as tf.Tensor1D, tf.fill([n], 0.5) as tf.Tensor1D];
      let kept: NamedTensors = {};
      const total = (...values: tf.Tensor[]) => {
        const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
        const {terms, weights} = model.losses(named, {images, gap, timestep}, flow => flow);
        const means = Object.entries(terms).map(([term, value]) => [term, tf.mean(value)] as const);
        kept = Object.fromEntries(means);
        for (const [, mean] of means) tf.keep(mean);
        return tf.addN(means.map(([term, mean]) => tf.mul(mean, weights[term] as number)));
      };
      const {value, grads} = tf.valueAndGrads(total as never)(names.map(name => graph.read(name)));
      const parameters = Object.fromEntries(names.map(name => [name, graph.read(name)]));
      const pair = tf.slice(images, [0, 0, 0, 0], [n, h, w, 6]) as tf.Tensor4D;
      const {refined, flow} = model.predict(parameters, pair, timestep, x => x);
      const named = grads.map((grad, i) => [`grad/${names[i]}`, grad] as const);
      return {...kept, total: value, refined, flow, ...Object.fromEntries(named)};
    },
  });
  const out = await program.run('step', {images: fixtureImages(0, n, h, w)});
  program.dispose();

  const terms = ['reconstruction', 'teacher', 'distill', 'total'].map(term => [term, out[term]!.values[0]!]);
  const standing = recorded.standing.moves;
  const refined = farthest(sampled('refined', out['refined']!), recorded.refined);
  const flow = farthest(sampled('flow', out['flow']!), recorded.flow);
  const gradients = new Map(
    names.map(name => [name, model.toFile(name, out[`grad/${name}`]!.values as Float32Array)]),
  );
  expect([
    ...lossesOutside('multiscale', Object.fromEntries(terms) as Record<string, number>, losses, standing),
    ...outside('multiscale: images', refined),
    ...outside('multiscale: flows, px', flow),
    ...gradientsOutside('multiscale', gradients, recorded.grads, {standing}),
  ]).toEqual([]);
});
