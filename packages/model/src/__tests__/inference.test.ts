/** The reference's inference options, captured and eager, against what it predicted. */
import type {EntrySpec, PredictOptions} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine';
import {fixtureImages, outside, readSafetensors} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {createIfNet, fixturePath} from './support/fixture.js';
import {EXECUTIONS, fixtureProgram, type Execution} from './support/programs.js';

const [H, W] = [64, 96];
const stored = readSafetensors(fixturePath('inference_1x64x96.safetensors'));

interface Case {
  name: string;
  network?: string;
  timestep?: number;
  options?: PredictOptions;
}
const CASES: Case[] = [
  {name: 'scale_1'},
  {name: 'scale_0.5', options: {scales: [8, 4, 2]}},
  {name: 'scale_2', options: {scales: [2, 1, 0.5]}},
  {name: 'tta', options: {flip: true}},
  ...[0.125, 0.5, 0.75].map(timestep => ({name: `m_timestep_${timestep}`, network: 'IFNet_m', timestep})),
];

/** All predictions of one network, by name of the case. */
async function predictAll(how: Execution, network: string, cases: readonly Case[]) {
  const model = createIfNet(network);
  const program = await fixtureProgram(how, model);
  const pixels = fixtureImages(0, 1, H, W);
  const images = Uint8Array.from({length: H * W * 6}, (_, i) => pixels[(i % 6) * H * W + Math.floor(i / 6)]!);
  const entry = (options: PredictOptions | undefined): EntrySpec => ({
    feeds: {images: {shape: [1, H, W, 6], dtype: 'uint8'}, timestep: {shape: [1], dtype: 'float32'}},
    build(graph) {
      const p = Object.fromEntries(model.parameters.map(({name}) => [name, graph.read(name)]));
      const pair = tf.div(graph.feed('images'), 255) as tf.Tensor4D;
      return {...model.predict(p, pair, graph.feed('timestep') as tf.Tensor1D, flow => flow, options)};
    },
  });
  for (const {name, options} of cases) program.define(name, entry(options));
  const results = new Map<string, Float32Array>();
  for (const {name, timestep = 0.5} of cases) {
    const {refined} = await program.run(name, {images, timestep: Float32Array.of(timestep)});
    expect(refined!.shape).toEqual([1, H, W, 3]);
    results.set(name, refined!.values as Float32Array);
  }
  program.dispose();
  return results;
}

const RUNS = EXECUTIONS.flatMap(how => ['IFNet', 'IFNet_m'].map(network => [how, network] as const));
test.each(RUNS)('%s %s', async (how, network) => {
  const cases = CASES.filter(({network: of = 'IFNet'}) => of === network);
  const results = await predictAll(how, network, cases);
  for (const {name} of cases) {
    const {values, shape} = stored.get(name)!;
    expect(shape).toEqual([1, 3, H, W]);
    const got = results.get(name)!;
    const worst = Array.from(got).reduce((most, x, i) => {
      const error = Math.abs(x - Number(values[(i % 3) * H * W + Math.floor(i / 3)]));
      return error <= most ? most : error; // a NaN does not pass
    }, 0);
    expect(outside('inference', worst, name)).toEqual([]);
  }
});

test('options that the blocks cannot use', async () => {
  await loadRuntime();
  const model = createIfNet();
  for (const scales of [
    [4, 2],
    [4, 2, 3],
    [4, 2, 0],
    [256, 2, 1],
    ['4', 2, 1],
  ])
    expect(() =>
      model.predict({}, tf.zeros([1, 64, 64, 6]), tf.tensor1d([0.5]), flow => flow, {
        scales: scales as number[],
      }),
    ).toThrow(expect.objectContaining({code: 'RIFE_ERR_MODEL_SCALES'}));
  // At scale 32 the first block works on 1/128.
  expect(() =>
    model.predict({}, tf.zeros([1, 64, 64, 6]), tf.tensor1d([0.5]), flow => flow, {scales: [32, 16, 8]}),
  ).toThrow(expect.objectContaining({code: 'RIFE_ERR_MODEL_INPUT', message: expect.stringContaining('128')}));
});
