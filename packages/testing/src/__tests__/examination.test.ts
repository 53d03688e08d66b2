/** Steps of the real trainer that fail: what their flight records say of it. */
import {
  definePlugin,
  readRecord,
  type Batch,
  type FlightRecord,
  type RifePlugin,
  type TrainerHooks,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {findEngines} from '../conformance/engines.js';
import {TinyBatches, trainTiny, type TinyRunOptions} from '../index.js';
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
  const {captured: engine} = await findEngines();
  return inFolder(async out => {
    const config = {steps: 1, ...options.config};
    await trainTiny({...options, config, engine: engine!, out});
    const [name] = readdirSync(join(out, 'flight'));
    return (await readRecord(join(out, 'flight', name!))).record;
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
