/** Variants of the training pass, and the number that a network gets: drawn from seed and step. */
import {readFileSync} from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {
  BatchTensors,
  FlowTap,
  ModelOptions,
  NamedTensors,
  PassVariant,
  Scope,
  StepDraw,
} from '../contract/index.js';
import {readRecord, type FlightRecord} from '../flight/record.js';
import {replay} from '../inspect/replay.js';
import {Networks} from '../networks/networks.js';
import {uniformAt, variantAt} from '../traced/draw.js';
import {TestEngine} from './helpers/eagerProgram.js';
import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, metricsLines, tapping, temporaryFolder} from './helpers/harness.js';
import {replicas} from './helpers/replicas.js';
import {runUntil, tensorsOf, withoutTimes} from './helpers/runs.js';

const VARIANTS: readonly PassVariant[] = [
  {name: 'whole', share: 0.5},
  {name: 'half', share: 0.3},
  {name: 'tenth', share: 0.2},
];
const FACTORS: Record<string, number> = {whole: 1, half: 0.5, tenth: 0.1};
const SEED = 1234;
const STEPS = 12;
const drawn = (steps = STEPS) => Array.from({length: steps}, (_, step) => variantAt(VARIANTS, SEED, step)!);

/** Its term `drawn` depends on the variant and the drawn number. */
class DrawingModel extends FakeModel {
  readonly variants = VARIANTS;

  constructor(options: ModelOptions) {
    super(options);
  }

  override losses(p: NamedTensors, batch: BatchTensors, flowTap: FlowTap, _scope?: Scope, draw?: StepDraw) {
    const {terms, weights, maxFlow} = super.losses(p, batch, flowTap);
    const number = tf.add(tf.zerosLike(terms.teacher), draw!.uniform()) as tf.Tensor1D;
    const factor = FACTORS[draw!.variant!]!;
    return {
      terms: {...terms, teacher: tf.mul<tf.Tensor1D>(terms.teacher, factor), drawn: number},
      weights: {...weights, drawn: 0.01},
      maxFlow,
    };
  }
}
const networks = [fakeNetwork(options => new DrawingModel(options))];
const CONFIG = {steps: STEPS, saveEvery: 4, optim: {learningRate: 0.01, warmupSteps: 1}};
const setup = {config: CONFIG, options: {networks}};

describe('the draws', () => {
  const MANY = 20_000;
  test('have the shares that are asked for, whatever the seed', () => {
    for (const seed of [0, 1, 2, SEED, 2 ** 32 - 1]) {
      const names = Array.from({length: MANY}, (_, step) => variantAt(VARIANTS, seed, step));
      for (const {name, share} of VARIANTS)
        expect(Math.abs(names.filter(each => each === name).length / MANY - share)).toBeLessThan(0.015);
      const low = Array.from({length: MANY}, (_, step) => uniformAt(seed, step, 'uniform') < 0.3);
      expect(Math.abs(low.filter(Boolean).length / MANY - 0.3)).toBeLessThan(0.015);
      // Independent of each other: the share within the steps of one variant is the same.
      const of = low.filter((_, step) => names[step] === 'half');
      expect(Math.abs(of.filter(Boolean).length / of.length - 0.3)).toBeLessThan(0.03);
    }
  });

  test('differ between seeds, and float32 holds the numbers', () => {
    expect(Array.from({length: STEPS}, (_, step) => variantAt(VARIANTS, SEED + 1, step))).not.toEqual(
      drawn(),
    );
    const numbers = Array.from({length: 100}, (_, step) => uniformAt(SEED, step, 'uniform'));
    expect(numbers).toEqual([...Float32Array.from(numbers)]);
  });
});

describe('a run', () => {
  const whole = makeTrainer(setup);
  const entries: string[] = [];
  beforeAll(async () => {
    whole.trainer.hooks.beforeStep.tap('look', () => {
      whole.engine.program!.beforeRun = entry => void (entry === 'update' || entries.push(entry));
    });
    await whole.trainer.run();
  });

  test('trains the variant that is drawn, with the number that is drawn, and says which', () => {
    expect(metricsLines(whole.out).map(({variant}) => variant)).toEqual(drawn());
    expect(entries).toEqual(drawn().map(name => `gradients/${name}`));
    whole.steps.forEach(({terms}, step) => expect(terms['drawn']).toBe(uniformAt(SEED, step, 'uniform')));
    expect(new Set(drawn()).size).toBe(3);
  });

  test('of a network without variants says nothing', async () => {
    const plain = makeTrainer({config: CONFIG});
    await plain.trainer.run();
    expect(metricsLines(plain.out).filter(line => 'variant' in line)).toEqual([]);
    expect(plain.engine.program!.scalars('gradients')).toEqual([]);
  });

  test.each([3, 6, 9])('that is resumed at step %i draws the same', async stop => {
    const out = temporaryFolder();
    await runUntil(stop, makeTrainer({...setup, out}));
    await makeTrainer({...setup, out, options: {networks, resume: true}}).trainer.run();
    expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
    expect(tensorsOf(out, STEPS)).toEqual(tensorsOf(whole.out, STEPS));
  });

  test('that goes back draws the same again', async () => {
    let refused = false;
    const once = tapping('beforeUpdate', ({progress}) => {
      if (refused || progress.step !== 6) return undefined;
      refused = true;
      return 'rollback';
    });
    const back = makeTrainer({...setup, plugins: [once]});
    await back.trainer.run();
    const steps = back.steps.map(({progress}) => progress.step);
    expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(back.steps.map(({variant}) => variant)).toEqual(steps.map(step => drawn()[step]));
  });

  test('draws the same on all replicas and for all micro-steps', async () => {
    const config = {...CONFIG, data: {root: 'clips', batch: 2}};
    const two = replicas(2, {
      config: {...config, optim: {...CONFIG.optim, microSteps: 2}},
      options: {networks},
    });
    const seen: string[][] = [[], []];
    two.parts.forEach(({trainer, engine}, rank) =>
      trainer.hooks.beforeStep.tap('look', () => {
        engine.program!.beforeRun = entry => void (entry === 'update' || seen[rank]!.push(entry));
      }),
    );
    await two.run();
    const twice = drawn().flatMap(name => [`gradients/${name}`, `gradients/${name}`]);
    expect(seen).toEqual([twice, twice]);
  });
});

test('a flight record names the variant, and its replay trains that one', async () => {
  const {trainer, out} = makeTrainer({...setup, poisoned: index => index === 5});
  await trainer.run();
  const folder = path.join(out, 'flight/step-00000005');
  const written = JSON.parse(readFileSync(path.join(folder, 'record.json'), 'utf8')) as FlightRecord;
  expect(written.variant).toBe(drawn()[5]);
  expect(written.scalars['step.uniform']).toBe(uniformAt(SEED, 5, 'uniform'));
  const loaded = await readRecord(folder);
  const request = {config: {data: {root: 'clips'}, ...CONFIG}, engine: new TestEngine(), networks};
  const again = await replay({...request, loaded});
  expect(again.differences).toEqual([]);
  expect(again.terms['drawn']).toBe(uniformAt(SEED, 5, 'uniform'));

  // Finite frames, so that the terms show which variant and which number were used.
  loaded.batches[0]!.timestep.fill(0.5);
  const termsOf = async (more: Partial<FlightRecord>) =>
    (await replay({...request, loaded: {...loaded, record: {...loaded.record, ...more}}})).terms;
  const [tenth, whole] = [await termsOf({variant: 'tenth'}), await termsOf({variant: 'whole'})];
  expect(tenth['teacher']! / whole['teacher']!).toBeCloseTo(0.1, 5);
  expect((await termsOf({scalars: {'step.uniform': 0.25}}))['drawn']).toBe(0.25);
  // Of another network, the first one.
  expect((await termsOf({variant: 'gone'}))['teacher']).toBe(whole['teacher']);
});

test.each<[string, PassVariant[]]>([
  ['shares that do not add up to 1', [{name: 'a', share: 0.5}]],
  [
    'a share of 0',
    [
      {name: 'a', share: 0},
      {name: 'b', share: 1},
    ],
  ],
  [
    'one name twice',
    [
      {name: 'a', share: 0.5},
      {name: 'a', share: 0.5},
    ],
  ],
  ['a name that no entry can have', [{name: '8,4', share: 1}]],
  ['none', []],
])('a network with %s is refused', (_, variants) => {
  const network = fakeNetwork(options => Object.assign(new FakeModel(options), {variants}));
  expect(() => new Networks([network]).create({name: 'IFNet'})).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_MODEL_NETWORK',
      message: expect.stringContaining('shares above 0 that add up to 1'),
    }),
  );
});
