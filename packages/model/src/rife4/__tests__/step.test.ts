/**
 * Loss terms and the gradient of every parameter, captured and eager, against a PyTorch twin in
 * float64.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {EntrySpec} from '@rife-train/core';
import {fixtureFeed, gradientsOutside, outside, type RecordedGradient} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {createModel} from '../../networks.js';
import {EXECUTIONS, fixtureProgram} from '../../__tests__/support/programs.js';

interface Recorded {
  h: number;
  w: number;
  first: number;
  timestep: number;
  losses: Record<string, number>;
  grads: Record<string, RecordedGradient>;
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/step.json'), 'utf8')) as Record<
  string,
  Recorded
>;
const CASES = Object.keys(RECORDED).flatMap(version => EXECUTIONS.map(how => [version, how] as const));

test.each(CASES)('%s, %s', async (version, how) => {
  const {h, w, first, timestep, losses: exact, grads} = RECORDED[version]!;
  const model = createModel({name: 'RIFE4', version, scales: [], widths: []});
  const names = model.parameters.map(({name}) => name);
  const entry: EntrySpec = {
    feeds: {images: {shape: [1, h, w, 9], dtype: 'float32'}, timestep: {shape: [1], dtype: 'float32'}},
    build(graph) {
      const images = graph.feed('images') as tf.Tensor4D;
      const time = graph.feed('timestep') as tf.Tensor1D;
      const seen: Record<string, tf.Tensor> = {};
      const run = (...values: tf.Tensor[]) => {
        const p = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const batch = {images, timestep: time, gap: time};
        const {terms, weights} = model.losses(p, batch, flow => flow);
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
  const program = await fixtureProgram(how, model);
  program.define('step', entry);
  // The twin sees the channels as they come; ours takes them as BGR and turns them.
  const feed = fixtureFeed(first, 1, h, w, timestep);
  const images = Float32Array.from(feed, (_, i) => feed[i + 2 - 2 * (i % 3)]! / 255);
  const results = await program.run('step', {images, timestep: Float32Array.of(timestep)});
  program.dispose();
  const valuesOf = (name: string) => results[name]!.values as Float32Array;
  const wrong = Object.entries(exact).flatMap(([name, value]) =>
    outside('RIFE 4.x: loss terms', Math.abs(valuesOf(name)[0]! / value - 1), name),
  );
  expect(wrong).toEqual([]);
  const inFile = new Map(names.map(name => [name, model.toFile(name, valuesOf(name))]));
  expect(gradientsOutside('RIFE 4.x', inFile, grads)).toEqual([]);
});
