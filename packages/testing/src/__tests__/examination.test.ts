/** Steps of the real trainer that fail: what their flight records say of it. */
import {
  definePlugin,
  describeUpdate,
  readRecord,
  replay,
  type Batch,
  type FlightRecord,
  type LoadedRecord,
  type ModelOptions,
  type RifePlugin,
  type TrainerHooks,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {findEngines} from '../conformance/engines.js';
import {TinyBatches, tinyConfig, TinyModel, trainTiny, type TinyRunOptions} from '../index.js';
import {inFolder} from '../tiny/trainTiny.js';

type Tap<K extends keyof TrainerHooks> = Parameters<TrainerHooks[K]['tap']>[1];

const plugin = (name: string, afterLoss: Tap<'afterLoss'>): RifePlugin =>
  definePlugin({name, apply: ({hooks}) => hooks.afterLoss.tap(name, afterLoss)});

/** The plugin `test:<name>`, which adds a loss term. */
const term = (name: string, make: (teacher: tf.Tensor1D, gap: tf.Tensor1D) => tf.Tensor) =>
  plugin(`test:${name}`, ({terms, weights}, trace) => ({
    terms: {...terms, [name]: make(terms['teacher']!, trace.gap) as tf.Tensor1D},
    weights: {...weights, [name]: 1},
  }));

/** Runs until the first flight record, and returns that. */
async function recordOf(options: Omit<TinyRunOptions, 'engine' | 'out'>): Promise<FlightRecord> {
  return withRecord(options, async ({record}) => record);
}

/** Runs until the first flight record, and does something with it. */
async function withRecord<T>(
  options: Omit<TinyRunOptions, 'engine' | 'out'>,
  use: (loaded: LoadedRecord) => Promise<T>,
): Promise<T> {
  const {captured: engine} = await findEngines();
  return inFolder(async out => {
    const config = {steps: 1, ...options.config};
    await trainTiny({...options, config, engine: engine!, out}).catch(() => {}); // some plugins stop it
    const [name] = readdirSync(join(out, 'flight'));
    return use(await readRecord(join(out, 'flight', name!)));
  });
}

const HARM = term('harm', teacher => tf.sqrt(tf.sub(teacher, 1e9)));

test('a term that is masked is not blamed, nor one that only a log sees', async () => {
  const masked = term('masked', (teacher, gap) =>
    tf.where(tf.greater(gap, 0), tf.zerosLike(teacher), tf.log(tf.sub(gap, 1e6))),
  );
  const logged = plugin('test:logged', (loss, trace) => {
    trace.log('test/negative', tf.log(tf.sub<tf.Scalar>(tf.sum(trace.gap), 1e6)));
    return loss;
  });
  const {examination} = await recordOf({plugins: [masked, logged, HARM]});
  expect(examination).toMatchObject({
    first: {op: 'Sqrt', scope: 'plugin test:harm, hook afterLoss', fromOutside: false},
    others: [],
  });
});

test('two terms that fail are both named', async () => {
  const {examination} = await recordOf({plugins: [HARM, term('b', t => tf.log(tf.neg(t)))]});
  expect(examination!.first!.scope).toBe('plugin test:harm, hook afterLoss');
  expect(examination!.others).toMatchObject([{op: 'Log', scope: 'plugin test:b, hook afterLoss'}]);
});

test('where the loss is finite, it is the gradients that are gone back from', async () => {
  const {loss, examination} = await recordOf({
    plugins: [term('steep', teacher => tf.sqrt(tf.relu(tf.sub(teacher, 1e9))))],
  });
  expect(Number.isFinite(loss)).toBe(true);
  expect(examination!.first).toMatchObject({
    scope: 'gradient of plugin test:steep, hook afterLoss',
    fromOutside: false,
  });
});

test('a norm that overflows over finite gradients is named', async () => {
  const {loss, gradNorm, examination} = await recordOf({
    plugins: [term('large', teacher => tf.mul(teacher, 1e25))],
  });
  expect([Number.isFinite(loss), gradNorm]).toEqual([true, 'Infinity']);
  expect(examination!.first).toMatchObject({op: 'Square', scope: 'gradient norm'});
});

test('a feed that is not finite is named', async () => {
  class Poisoned extends TinyBatches {
    override async next(): Promise<Batch> {
      const batch = await super.next();
      return {...batch, gap: batch.gap.map(() => NaN)};
    }
  }
  const {examination} = await recordOf({
    plugins: [term('byGap', (teacher, gap) => tf.mul(teacher, gap))],
    openBatches: async request => new Poisoned(request),
  });
  expect(examination!.first).toMatchObject({op: 'Mul', fromOutside: true, source: 'feed "gap"'});
});

test('a weight that is not finite is named, before the step and where it is met', async () => {
  let isFirst = true;
  const {examination} = await recordOf({
    prepare: (trainer, program) =>
      trainer.hooks.beforeStep.tapPromise('test', async () => {
        if (!isFirst) return;
        isFirst = false;
        const [name, values] = [...(await program().readVariables(['block1.conv.weight']))][0]!;
        await program().writeVariables(new Map([[name, values.fill(NaN, 0, 1)]]));
      }),
  });
  expect(examination).toMatchObject({
    brokenVariables: ['block1.conv.weight'],
    first: {op: 'Conv2D', fromOutside: true, source: 'variable "block1.conv.weight"'},
  });
});

test('micro-steps that are finite each, and whose sum is not', async () => {
  const optim = {microSteps: 2, learningRate: 0};
  const scaled = (by: number) =>
    plugin('test:scaled', ({terms}) => ({
      terms: {teacher: tf.mul(terms['teacher']!, by)},
      weights: {teacher: 1},
    }));
  let norm = NaN;
  await withRecord(
    {
      config: {optim},
      plugins: [
        scaled(1e10),
        definePlugin({
          name: 'test:stop',
          apply: ({hooks}) =>
            hooks.beforeUpdate.tap('test', ({gradNorm}) => ((norm = gradNorm), {stop: 'it is measured'})),
        }),
      ],
    },
    async () => {},
  );
  // The square of the sum's norm is infinite (above 3.4e38), that of a half is not.
  const {examination, gradNorm} = await recordOf({
    config: {optim},
    plugins: [scaled(1e10 * (2.2e19 / norm))],
  });
  expect(gradNorm).toBe('Infinity');
  expect(examination).toMatchObject({
    microStep: 1,
    first: {op: expect.stringMatching(/^(Square|Sum|AddN)$/), scope: 'gradient norm', fromOutside: false},
  });
});

describe('the update is run behind gradients that are finite', () => {
  /** A run that a plugin stops at once: its record is of a finite step. */
  const stopped = definePlugin({
    name: 'test:stop',
    apply: ({hooks}) => hooks.beforeUpdate.tap('test', () => ({stop: 'to look at it'})),
  });
  const gradients = (tap: Tap<'gradients'>) =>
    definePlugin({name: 'test:gradients', apply: ({hooks}) => hooks.gradients.tap('test', tap)});
  const again = (
    plugins: RifePlugin[],
    execution: 'captured' | 'eager' = 'captured',
    change: (loaded: LoadedRecord) => LoadedRecord = loaded => loaded,
  ) =>
    withRecord({plugins: [...plugins, stopped]}, async loaded => {
      const engine = (await findEngines())[execution]!;
      const config = {...tinyConfig({}, loaded.folder), plugins: [...plugins, stopped]};
      return replay({loaded: change(loaded), config, engine, createModel: options => new TinyModel(options)});
    });
  /** Spoils the updates whose scalar is 0. */
  const divided = (scalar: number) =>
    gradients((given, trace) => {
      const by = trace.scalar('test.by', () => scalar);
      return Object.fromEntries(Object.entries(given).map(([name, x]) => [name, tf.div(x, by)]));
    });

  test('a sound one is told to be so', async () => {
    const {examination, isFinite} = await again([]);
    expect(isFinite).toBe(true);
    expect(examination!.update).toEqual({others: [], brokenVariables: []});
  });

  test('a plugin that spoils gradients is named, and what it breaks', async () => {
    const {examination} = await again([divided(0)]);
    expect(examination).not.toHaveProperty('first');
    expect(examination!.update!.first).toMatchObject({
      op: expect.stringMatching(/Div/),
      scope: 'plugin test:gradients, hook gradients',
      fromOutside: false,
    });
    expect(examination!.update!.brokenVariables).toHaveLength(5);
    expect(describeUpdate(examination!)).toMatch(
      /^(Real)?Div in "plugin test:gradients, hook gradients" gave .*; not finite behind it: \S+, /,
    );
  });

  test('AdamW is named where its square overflows', async () => {
    const {examination} = await again([divided(1e-25)]);
    expect(examination!.update!.first).toMatchObject({op: 'Square', scope: 'AdamW', fromOutside: false});
  });

  test.each(['captured', 'eager'] as const)('with the scalars of the record, %s', async execution => {
    const {examination} = await again([divided(1)], execution, loaded => {
      expect(loaded.record.updateScalars!['test.by']).toBe(1);
      const updateScalars = {...loaded.record.updateScalars!, 'test.by': 0};
      return {...loaded, record: {...loaded.record, updateScalars}};
    });
    expect(examination!.update!.first!.scope).toBe('plugin test:gradients, hook gradients');
  });

  test('also of a record of an older release, which has none', async () => {
    const {examination} = await again([divided(1)], 'captured', loaded => {
      const {updateScalars: _, ...record} = loaded.record;
      return {...loaded, record};
    });
    expect(examination!.update).toEqual({others: [], brokenVariables: []});
  });
});

test.each(['captured', 'eager'] as const)(
  'a replay has the recorded values of declared scalars, %s',
  async execution => {
    // Counts the steps, and keeps no state: as in a run, its scalar is another by then.
    let calls = 0;
    const drifting = plugin('test:drifting', ({terms, weights}, trace) => ({
      terms,
      weights: {...weights, teacher: trace.scalar('test.drift', () => ++calls)},
    }));
    await withRecord({plugins: [drifting, HARM]}, async loaded => {
      const engine = (await findEngines())[execution]!;
      const config = {...tinyConfig({}, loaded.folder), plugins: [drifting, HARM]};
      const createModel = (options: ModelOptions) => new TinyModel(options);
      const weights = {'test.drift': 0};
      const {terms} = await replay({loaded, config, engine, createModel});
      expect(terms['harm']).toBeNaN();
      const {loss} = await replay({
        loaded: {...loaded, record: {...loaded.record, scalars: weights}},
        config: {...config, plugins: [drifting]},
        engine,
        createModel,
      });
      expect(loss).toBeCloseTo(terms['reconstruction']! + 0.01 * terms['distill']!, 5);
    });
  },
);
