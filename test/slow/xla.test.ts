/**
 * Whole networks compiled by XLA: twenty steps against the reference's, predictions against the
 * plain graph, and a run that is resumed. `npm test` leaves this out, because XLA compiles for
 * minutes.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {fixtureFeed, outside, trainTiny} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {trainsAsTheReference} from '../reference/trainingCases.js';

trainsAsTheReference([
  ['1x64x64', 'xla', 20],
  ['m_1x64x64_t0.25', 'xla', 20],
]);

const [H, W] = [64, 96];

/** What a small network with random weights predicts. */
async function predicted(name: string, compile: 'none' | 'xla') {
  const model = createModel({name, scales: [4, 2, 1], widths: [16, 12, 8]});
  const engine = await createEngine({compile});
  const program = engine.createProgram(model.parameters.map(({name, shape}) => ({name, shape})));
  await program.writeVariables(model.initialize(5));
  program.define('predict', {
    feeds: {images: {shape: [1, H, W, 6], dtype: 'uint8'}, timestep: {shape: [1], dtype: 'float32'}},
    build(graph) {
      const p = Object.fromEntries(model.parameters.map(({name}) => [name, graph.read(name)]));
      const pair = tf.div<tf.Tensor4D>(graph.feed('images'), 255);
      return {...model.predict(p, pair, graph.feed('timestep') as tf.Tensor1D, flow => flow)};
    },
  });
  const images = fixtureFeed(0, 1, H, W, 0.5).filter((_, i) => i % 9 < 6);
  const fetched = await program.run('predict', {images, timestep: Float32Array.of(0.25)});
  program.dispose();
  return fetched;
}

test.each(['IFNet', 'IFNet_m'])('%s predicts what the plain graph predicts', async name => {
  const [plain, compiled] = [await predicted(name, 'none'), await predicted(name, 'xla')];
  const worst = (fetch: string) =>
    Math.max(
      ...Array.from(plain[fetch]!.values, (value, i) => Math.abs(value - compiled[fetch]!.values[i]!)),
    );
  expect(outside('forward: images', worst('refined'), name)).toEqual([]);
  expect(outside('forward: flows, px', worst('flow'), name)).toEqual([]);
  expect(outside('forward: masks', worst('mask'), name)).toEqual([]);
});

test('a run that is resumed ends with the bits of one that was not stopped', async () => {
  const engine = await createEngine({compile: 'xla'});
  const out = mkdtempSync(join(tmpdir(), 'rife-xla-'));
  try {
    const whole = await trainTiny({engine});
    await trainTiny({engine, out, stopAfter: 2});
    const resumed = await trainTiny({engine, out, resume: true});
    expect(resumed.steps.map(({progress}) => progress.step)).toEqual([2, 3]);
    expect(resumed.variables).toEqual(whole.variables);
  } finally {
    rmSync(out, {recursive: true});
  }
});
