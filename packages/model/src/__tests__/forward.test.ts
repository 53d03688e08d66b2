/**
 * Everything that a forward pass with teacher computes, captured and eager, against the PyTorch
 * reference.
 */
import type {EntrySpec} from '@rife-train/core';
import {outside} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {refine, sourcesOf, studentEstimates, teacherEstimate} from '../ifNet.js';
import {channels} from '../layers.js';
import {createIfNet, fixtureBatch, loadFixture, maxDifference} from './support/fixture.js';
import {EXECUTIONS, fixtureProgram} from './support/programs.js';

const quantityOf = (name: string) =>
  name.startsWith('flow')
    ? 'forward: flows, px'
    : name.startsWith('merged')
      ? 'forward: images'
      : 'forward: masks';

const CASES = ['1x64x64', '2x96x64', 'm_1x64x64_t0.25'].flatMap(tag =>
  EXECUTIONS.map(how => [tag, how] as const),
);

test.each(CASES)('forward pass %s, %s', async (tag, how) => {
  const {recorded, expected, names} = loadFixture(tag);
  const {n, h, w, arch} = recorded;
  const model = createIfNet(arch);
  const entry: EntrySpec = {
    feeds: {
      images: {shape: [n, h, w, 9], dtype: 'float32'},
      timestep: {shape: [n], dtype: 'float32'},
    },
    build(graph) {
      const p = Object.fromEntries(model.parameters.map(({name}) => [name, graph.read(name)]));
      const images = graph.feed('images') as tf.Tensor4D;
      const pair = channels(images, 0, 6);
      const timestep = arch === 'IFNet_m' ? (graph.feed('timestep') as tf.Tensor1D) : undefined;
      const {scales} = model.options;
      const input = {pair, timestep, scales, flowTap: (flow: tf.Tensor4D) => flow, normalize: undefined};
      const sources = sourcesOf(pair);
      const students = studentEstimates(p, input, sources);
      const last = students.at(-1)!;
      const teacher = teacherEstimate(p, input, sources, last, channels(images, 6, 3));
      const merged = [...students.slice(0, -1).map(s => s.merged), refine(p, pair, sources, last)];
      return {
        ...Object.fromEntries(students.map(({flow}, i) => [`flow_${i}`, flow])),
        ...Object.fromEntries(merged.map((image, i) => [`merged_${i}`, image])),
        mask: last.mask,
        flow_tea: teacher.flow,
        merged_tea: teacher.merged,
      };
    },
  };
  const program = await fixtureProgram(how, model);
  program.define('forward', entry);
  const {images, timestep} = fixtureBatch(recorded);
  const results = await program.run('forward', {
    images: images.dataSync<'float32'>(),
    timestep: timestep.dataSync<'float32'>(),
  });
  program.dispose();
  const compared = names.filter(name => name in results);
  expect(compared.length).toBeGreaterThanOrEqual(5);
  for (const name of compared) {
    const {values, shape} = results[name]!;
    const error = maxDifference(tf.tensor(values as Float32Array, shape), expected(name));
    expect(outside(quantityOf(name), error, name)).toEqual([]);
  }
});
