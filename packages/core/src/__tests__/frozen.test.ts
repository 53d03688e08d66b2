/** Tensors that a network's losses read and training never changes. */
import * as tf from '@tensorflow/tfjs-core';
import path from 'node:path';
import {readFileSync} from 'node:fs';
import {decodeSafetensors} from '@rife-train/files';
import type {
  BatchTensors,
  FlowTap,
  FrozenTensors,
  ModelOptions,
  NamedTensors,
  Probe,
  VariableSpec,
  Verdict,
} from '../contract/index.js';
import {readRecord} from '../flight/record.js';
import {inspectRun} from '../inspect/inspectRun.js';
import {replay} from '../inspect/replay.js';
import {variablesOf} from '../weights/tensors.js';
import {TestEngine, TestProgram} from './helpers/eagerProgram.js';
import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, rejection, tapping, temporaryFolder, type Setup} from './helpers/harness.js';
import {folderOf, runUntil, tensorsOf, withoutTimes} from './helpers/runs.js';
import './helpers/registries.js';

const TINT = 'frozen.tint';
const VALUES = [0.25, -0.5, 1];

/** One more term, of a frozen colour. */
class TintedModel extends FakeModel {
  constructor(
    options: ModelOptions,
    readonly frozen: FrozenTensors,
  ) {
    super(options);
  }

  readonly notes = ['the tint is a guess'];

  override losses(parameters: NamedTensors, batch: BatchTensors, flowTap: FlowTap) {
    const {terms, weights, ...rest} = super.losses(parameters, batch, flowTap);
    const tinted = tf.mul(tf.sum(parameters['mix.bias']!), tf.sum(tf.square(parameters[TINT]!)));
    const tint = tf.mul(tinted, tf.onesLike(batch.gap)) as tf.Tensor1D;
    return {...rest, terms: {...terms, tint}, weights: {...weights, tint: 1}};
  }
}

function tinted(read = async () => new Map([[TINT, Float32Array.from(VALUES)]])) {
  let reads = 0;
  const frozen = {
    specs: [{name: TINT, shape: [3]}],
    read: () => (reads++, read()),
  };
  const networks = [fakeNetwork(options => new TintedModel(options, frozen))];
  return {networks, reads: () => reads, model: new TintedModel({} as ModelOptions, frozen)};
}

const start = (setup: Setup = {}, {networks} = tinted()) =>
  makeTrainer({...setup, options: {networks, ...setup.options}});

test('the losses read them; weights, moments and checkpoints leave them out', async () => {
  const network = tinted();
  const {trainer, engine, steps, out, lines} = start({}, network);
  let after: number[] = [];
  trainer.hooks.afterStep.tapPromise('test:watch', async () => {
    after = [...(await engine.program!.readVariables()).get(TINT)!];
  });
  await trainer.run();
  expect(network.reads()).toBe(1);
  expect(after).toEqual(VALUES);
  const bias = new FakeModel({} as ModelOptions).initialize(1234).get('mix.bias')!;
  const sum = bias.reduce((a, b) => a + b, 0);
  expect(steps[0]!.terms).toMatchObject({tint: expect.closeTo(sum * (0.0625 + 0.25 + 1), 5) as number});
  for (const file of ['weights', 'optimizer']) {
    const content = readFileSync(path.join(folderOf(out, 6), `${file}.safetensors`));
    expect([...decodeSafetensors(content, file).tensors.keys()].join()).not.toContain('tint');
  }
  expect(lines.filter(line => line.includes('the tint is a guess'))).toHaveLength(1);
});

test('a resumed run reads them again, and has the bits of one that was not interrupted', async () => {
  const whole = start();
  await whole.trainer.run();
  const first = start();
  await runUntil(3, first);
  const second = start({out: first.out, options: {resume: true}});
  await second.trainer.run();
  expect(tensorsOf(first.out, 6)).toEqual(tensorsOf(whole.out, 6));
  expect(withoutTimes(first.out)).toEqual(withoutTimes(whole.out));
});

test('a rollback leaves them as they are', async () => {
  const verdicts: (Verdict | undefined)[] = [undefined, undefined, 'rollback'];
  const plugin = tapping('beforeUpdate', () => verdicts.shift());
  const {trainer, engine} = start({plugins: [plugin]});
  let last: number[] = [];
  trainer.hooks.done.tapPromise('test:watch', async () => {
    last = [...(await engine.program!.readVariables()).get(TINT)!];
  });
  await trainer.run();
  expect(verdicts).toEqual([]);
  expect(last).toEqual(VALUES);
});

test('what cannot be read stops the run before clips, engine and folder', async () => {
  const out = path.join(temporaryFolder(), 'run');
  const broken = tinted(() => Promise.reject(new Error('no such file')));
  const {trainer, sources, engine} = start({out}, broken);
  expect((await rejection(trainer.run())).message).toContain('no such file');
  expect([sources, engine.program]).toEqual([[], undefined]);
});

test('a recorded step runs again with them, and so does its examination', async () => {
  const network = tinted();
  const {trainer, out} = start({plugins: [tapping('beforeUpdate', () => 'stop')]}, network);
  await rejection(trainer.run());
  const loaded = await readRecord(path.join(out, 'flight/step-00000000'));
  const config = {data: {root: 'clips'}, steps: 6, out, plugins: [tapping('beforeUpdate', () => 'stop')]};
  const request = {loaded, config, networks: network.networks};
  const {isSame, terms} = await replay({...request, engine: new TestEngine()});
  expect(isSame).toBe(true);
  expect(terms['tint']).not.toBe(0);

  let given: ReadonlyMap<string, Float32Array> = new Map();
  const writeVariables = async (values: typeof given) => {
    given = values;
    throw new Error('seen enough');
  };
  const createProbe = (variables: readonly VariableSpec[]) =>
    Object.assign(new TestProgram(variables), {writeVariables}) as unknown as Probe;
  const probing = Object.assign(new TestEngine(), {createProbe});
  expect((await rejection(replay({...request, engine: probing}))).message).toBe('seen enough');
  expect([...given.get(TINT)!]).toEqual(VALUES);
});

test('a plan counts them beside the weights, and reads the file for its errors', async () => {
  const network = tinted();
  const config = {data: {root: 'clips', crop: 4, batch: 2}, steps: 8};
  const {bytes} = await inspectRun({engine: new TestEngine(), networks: network.networks}, config);
  expect(bytes).toEqual({weights: 4 * 23, moments: 8 * 23, gradients: 4 * 23, frozen: 12});
  expect(network.reads()).toBe(1);
  expect(variablesOf(network.model).map(({name}) => name)).toContain(TINT);
  const broken = tinted(() => Promise.reject(new Error('no such file')));
  const refused = inspectRun({engine: new TestEngine(), networks: broken.networks}, config);
  expect((await rejection(refused)).message).toBe('no such file');
});
