/** Steps of the real trainer that fail: what their flight records say of it. */
import {definePlugin, type Batch} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {TinyBatches} from '../index.js';
import {HARM, plugin, recordOf, term, withRecord} from './helpers/records.js';

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
