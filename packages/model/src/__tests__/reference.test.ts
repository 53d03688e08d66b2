/** What is inside the network, loss terms and every parameter's gradient against the PyTorch reference. */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, ModelLosses, NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {noNorm} from '../batchNorm.js';
import {contextNet} from '../contextNet.js';
import {refine, sourcesOf, studentEstimates, teacherEstimate} from '../ifNet.js';
import {channels, concatChannels} from '../layers.js';
import {unet} from '../unet.js';
import {createIfNet, fixtureBatch, fixtureParameters, loadFixture, maxDifference} from './support/fixture.js';
import {sampledIndices} from '@rife-train/testing';

const FLOW_PX = 1e-5;
const IMAGE = 5e-6;
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
  const input = {pair, timestep, scales: model.options.scales, flowTap, normalize: noNorm};
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
    expect(maxDifference(flow, loadFixture('1x64x64').expected(`${block}.flow_d`))).toBeLessThan(FLOW_PX);
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
    expect(maxDifference(of0, expected(`unet_in.c0_${stage}`))).toBeLessThan(IMAGE);
    expect(maxDifference(of1, expected(`unet_in.c1_${stage}`))).toBeLessThan(IMAGE);
  });
  const out = unet(p, concatChannels([pair, ...last.warped, last.maskLogit, last.flow]), context);
  expect(maxDifference(out, expected('unet_out'))).toBeLessThan(IMAGE);
});

/** Weighted total, mean over the batch. */
function totalOf({terms, weights}: ModelLosses): tf.Scalar {
  const weighted = Object.entries(terms).map(([name, term]) => tf.mul(term, weights[name]!));
  return tf.mean(tf.addN(weighted)) as tf.Scalar;
}

/** Gradients: 1e-3 relative, or 1e-7 where they are smaller than that. */
const isClose = (got: number, expected: number) =>
  Math.abs(got - expected) <= Math.max(1e-7, 1e-3 * Math.abs(expected));
const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

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
    const {loss_l1, loss_tea, loss_distill, total} = recorded.losses;
    expect(Object.values(losses!.terms).map(t => t.shape)).toEqual([
      [recorded.n],
      [recorded.n],
      [recorded.n],
    ]);
    expect(losses!.weights).toEqual({reconstruction: 1, teacher: 1, distill: recorded.distill_weight});
    expect(Math.abs(means['reconstruction']! / loss_l1 - 1)).toBeLessThan(1e-6);
    expect(Math.abs(means['teacher']! / loss_tea - 1)).toBeLessThan(1e-6);
    expect(Math.abs(means['distill']! / loss_distill - 1)).toBeLessThan(1e-5);
    expect(Math.abs(value.dataSync()[0]! / total - 1)).toBeLessThan(1e-6);

    const wrong: string[] = [];
    grads.forEach((grad, i) => {
      const name = names[i]!;
      const {norm: expectedNorm, val} = recorded.grads[name]!;
      const values = model.toFile(name, grad.dataSync() as Float32Array);
      if (!isClose(norm(values), expectedNorm)) wrong.push(`${name}: norm ${norm(values)}`);
      sampledIndices(name, values.length).forEach((index, j) => {
        if (!isClose(values[index]!, val[j]!)) wrong.push(`${name}[${index}] ${values[index]} ${val[j]}`);
      });
    });
    expect(wrong).toEqual([]);
    const totalNorm = norm(grads.map(g => norm(g.dataSync())));
    expect(Math.abs(totalNorm / recorded.grad_norm_total - 1)).toBeLessThan(1e-5);
    for (const term of [...Object.values(losses!.terms), losses!.maxFlow]) term.dispose();
  });
});
