/**
 * What is inside the network, loss terms and every parameter's gradient against the PyTorch
 * reference.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, ModelLosses, NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {contextNet} from '../contextNet.js';
import {refine, sourcesOf, studentEstimates, teacherEstimate} from '../ifNet.js';
import {channels, concatChannels} from '../layers.js';
import {unet} from '../unet.js';
import {createIfNet, fixtureBatch, fixtureParameters, loadFixture, maxDifference} from './support/fixture.js';
import {gradientsOutside, lossesOutside, normOf, outside} from '@rife-train/testing';

const noTap: FlowTap = flow => flow;

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** Everything that a forward pass computes. */
function forward(tag: string, flowTap: FlowTap = noTap) {
  const {recorded, expected, names} = loadFixture(tag);
  const model = createIfNet(recorded.arch);
  const p = fixtureParameters(model);
  const data = fixtureBatch(recorded);
  const pair = channels(data.images, 0, 6);
  const timestep = recorded.arch === 'IFNet_m' ? data.timestep : undefined;
  const input = {pair, timestep, scales: model.options.scales, flowTap, normalize: undefined};
  const sources = sourcesOf(pair);
  const students = studentEstimates(p, input, sources);
  const last = students.at(-1)!;
  const teacher = teacherEstimate(p, input, sources, last, channels(data.images, 6, 3));
  return {
    expected,
    names,
    p,
    pair,
    sources,
    students,
    last,
    teacher,
    refined: refine(p, pair, sources, last),
  };
}

test("flow taps see each block, context features and U-net are the reference's", () => {
  const seen: string[] = [];
  const {expected, p, pair, sources, last} = forward('1x64x64', (flow, {block, stage, scale, role}) => {
    seen.push(`${block} ${stage} ${scale} ${role}`);
    const error = maxDifference(flow, loadFixture('1x64x64').expected(`${block}.flow_d`));
    expect(outside('forward: flows, px', error, block)).toEqual([]);
    return flow;
  });
  expect(seen).toEqual([
    'block0 0 4 student',
    'block1 1 2 student',
    'block2 2 1 student',
    'block_tea 3 1 teacher',
  ]);
  const context = contextNet(p, sources.images, last.halves);
  context.forEach(([of0, of1], stage) => {
    for (const [i, features] of [of0, of1].entries()) {
      const error = maxDifference(features, expected(`unet_in.c${i}_${stage}`));
      expect(outside('forward: images', error, `c${i}_${stage}`)).toEqual([]);
    }
  });
  const out = unet(p, concatChannels([pair, ...last.warped, last.maskLogit, last.flow]), context);
  expect(outside('forward: images', maxDifference(out, expected('unet_out')), 'unet_out')).toEqual([]);
});

/** Weighted total, mean over the batch. */
function totalOf({terms, weights}: ModelLosses): tf.Scalar {
  const weighted = Object.entries(terms).map(([name, term]) => tf.mul(term, weights[name]!));
  return tf.mean(tf.addN(weighted)) as tf.Scalar;
}

describe.each(['1x64x64', '2x96x64', 'm_1x64x64_t0.25'])('training step %s', tag => {
  test('loss terms and the gradient of every parameter', () => {
    const {recorded} = loadFixture(tag);
    const model = createIfNet(recorded.arch);
    const parameters = fixtureParameters(model);
    const data = fixtureBatch(recorded);
    const names = model.parameters.map(p => p.name);
    let losses: ModelLosses | undefined;
    const loss = (...values: tf.Tensor[]) => {
      const named: NamedTensors = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
      losses = model.losses(named, data, noTap);
      for (const term of [...Object.values(losses.terms), losses.maxFlow]) tf.keep(term);
      return totalOf(losses);
    };
    const {value, grads} = tf.valueAndGrads(loss)(names.map(name => parameters[name]!));

    const means = Object.fromEntries(
      Object.entries(losses!.terms).map(([k, v]) => [k, tf.mean(v).dataSync()[0]!]),
    );
    expect(Object.values(losses!.terms).map(t => t.shape)).toEqual([
      [recorded.n],
      [recorded.n],
      [recorded.n],
    ]);
    expect(losses!.weights).toEqual({reconstruction: 1, teacher: 1, distill: recorded.distill_weight});
    const {losses_f64, standing} = recorded;
    const got = {...means, total: value.dataSync()[0]!};
    expect(lossesOutside('step', got, losses_f64, standing.moves)).toEqual([]);

    const gradients = new Map(
      grads.map((grad, i) => [names[i]!, model.toFile(names[i]!, grad.dataSync() as Float32Array)]),
    );
    const exact = Object.entries(recorded.grads).map(
      ([name, {max, norm_f64, val_f64}]) => [name, {norm: norm_f64, max, val: val_f64}] as const,
    );
    expect(
      gradientsOutside('step', gradients, Object.fromEntries(exact), {standing: standing.moves}),
    ).toEqual([]);
    const whole = normOf(exact.map(([, {norm}]) => norm));
    const totalNorm = normOf([...gradients.values()].map(normOf));
    expect(outside('step: norm of all gradients', Math.abs(totalNorm / whole - 1))).toEqual([]);
    for (const term of [...Object.values(losses!.terms), losses!.maxFlow]) term.dispose();
  });
});
