/**
 * The whole training step as a captured graph: traced without executing, equal to the same step op
 * by op.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {EntrySpec, Program} from '@rife-train/core';
import {CapturedProgram, EagerProgram, loadRuntime} from '@rife-train/engine';
import {createModel} from '../index.js';
import {fixtureImages} from '@rife-train/testing';

const model = createModel({name: 'IFNet_m', scales: [4, 2, 1], widths: [16, 12, 8]});
const names = model.parameters.map(p => p.name);
const [B, H, W] = [2, 64, 96];

const step: EntrySpec = {
  feeds: {
    images: {shape: [B, H, W, 9], dtype: 'uint8'},
    timestep: {shape: [B], dtype: 'float32'},
  },
  build(graph) {
    const images = tf.div(graph.feed('images'), 255) as tf.Tensor4D;
    const timestep = graph.feed('timestep') as tf.Tensor1D;
    let terms: Record<string, tf.Tensor> = {};
    const loss = (...values: tf.Tensor[]) => {
      const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
      const losses = model.losses(named, {images, timestep, gap: timestep}, flow => flow);
      // Kept over the end of the gradient's scope; the program disposes of what it fetched.
      terms = {...losses.terms, maxFlow: losses.maxFlow};
      Object.values(terms).forEach(term => tf.keep(term));
      return tf.sum(tf.addN(Object.values(losses.terms)));
    };
    const {value, grads} = tf.valueAndGrads(loss as never)(names.map(name => graph.read(name)));
    const sampled = ['block0.conv0.0.0.weight', 'block_tea.lastconv.bias', 'contextnet.conv1.conv1.1.weight'];
    const fetched = sampled.map(name => [`grad/${name}`, grads[names.indexOf(name)]!]);
    return {...terms, total: value, ...Object.fromEntries(fetched)};
  },
};

async function runOn(make: (variables: {name: string; shape: readonly number[]}[]) => Program) {
  const program = make(model.parameters.map(({name, shape}) => ({name, shape})));
  await program.writeVariables(model.initialize(5));
  program.define('step', step);
  const timestep = Float32Array.of(0.25, 0.5);
  const [, h, w] = [B, H, W];
  const nchw = tf.tensor4d(Float32Array.from(fixtureImages(0, B, h, w)), [B, 9, h, w]);
  const images = Uint8Array.from(tf.transpose(nchw, [0, 2, 3, 1]).dataSync());
  const out = await program.run('step', {images, timestep});
  program.dispose();
  return out;
}

test('captured and eager agree on loss terms and gradients', async () => {
  const backend = await loadRuntime();
  const options = {tfjsNode: '@tensorflow/tfjs-node', device: ''};
  const captured = await runOn(variables => new CapturedProgram(backend, variables, options));
  const eager = await runOn(variables => new EagerProgram(variables));
  expect(Object.keys(captured)).toEqual(Object.keys(eager));
  for (const [name, {values: inTurn, shape}] of Object.entries(eager)) {
    const other = captured[name]!;
    const values = [...inTurn];
    expect([name, other.shape]).toEqual([name, shape]);
    const scale = [...values].reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    expect(scale).toBeGreaterThan(0);
    values.forEach((x, i) => expect(Math.abs(x - other.values[i]!)).toBeLessThan(1e-4 * scale));
  }
});
