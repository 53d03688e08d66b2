import * as tf from '@tensorflow/tfjs-core';
import type {ReadInitial, RifePlugin, TrainerHooks} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {TRACED_HOOKS} from '../contract/index.js';
import {HOOK_KINDS, HOOK_NAMES, createHooks} from '../plugins/hooks.js';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

test('names and classes of the hooks are as published', () => {
  const hooks = createHooks();
  expect(HOOK_NAMES.map(name => `${name}: ${hooks[name].constructor.name}, ${HOOK_KINDS[name]}`))
    .toMatchInlineSnapshot(`
   [
     "config: SyncWaterfallHook, waterfall",
     "model: SyncWaterfallHook, waterfall",
     "weights: SyncWaterfallHook, waterfall",
     "sampling: SyncWaterfallHook, waterfall",
     "beforeStep: AsyncSeriesHook, notify",
     "flow: SyncWaterfallHook, traced",
     "afterLoss: SyncWaterfallHook, traced",
     "gradients: SyncWaterfallHook, traced",
     "parameters: SyncWaterfallHook, traced",
     "averages: SyncWaterfallHook, traced",
     "beforeUpdate: AsyncSeriesBailHook, verdict",
     "onNaN: AsyncSeriesBailHook, verdict",
     "afterStep: AsyncSeriesHook, notify",
     "validate: AsyncSeriesHook, notify",
     "save: AsyncSeriesHook, notify",
     "load: AsyncSeriesHook, notify",
     "done: AsyncSeriesHook, notify",
     "fail: AsyncSeriesHook, notify",
   ]
  `);
  expect(HOOK_NAMES.filter(name => HOOK_KINDS[name] === 'traced')).toEqual([...TRACED_HOOKS]);
  expect(Object.keys(hooks).sort()).toEqual([...HOOK_NAMES].sort());
});

/** Gives the hook `weights` something to work on. */
const readInitial: ReadInitial = async (file, _, adapt) => {
  const tensors = adapt!(new Map([['mix.bias', {shape: [3], values: new Float32Array(3)}]]), file);
  const values = new Map([...tensors].map(([name, tensor]) => [name, tensor.values] as const));
  return {values, report: 'read', file, sha256: ''};
};

/** Runs one step with a tap and returns the failure. */
async function failureOf<K extends keyof TrainerHooks>(hook: K, fn: unknown, config = {}) {
  const plugin = tapping(hook, fn as never);
  const {trainer} = makeTrainer({
    plugins: [plugin],
    config: {steps: 1, validateEvery: 1, init: hook === 'weights' ? 'a.pkl' : '', ...config},
    options: {readInitial},
    poisoned: () => hook === 'onNaN',
  });
  return rejection(trainer.run());
}

const HOST = HOOK_NAMES.filter(name => HOOK_KINDS[name] === 'waterfall');

describe.each(HOOK_NAMES.filter(name => !['load', 'fail'].includes(name)))('hook %s', hook => {
  test('a tap that throws is named, with its cause', async () => {
    const cause = new TypeError('broken');
    const error = await failureOf(hook, () => {
      throw cause;
    });
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN', plugin: 'test:plugin', hook, cause});
    expect(error.message).toContain(`Plugin "test:plugin" failed in hook "${hook}": broken`);
  });

  test('a Promise from a tap that is not a tapPromise is refused', async () => {
    const error = await failureOf(hook, async (value: unknown) => value);
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook});
    expect(error.message).toContain('returned a Promise');
  });
});

test.each([...HOST, ...TRACED_HOOKS])('hook %s refuses undefined and null', async hook => {
  for (const nothing of [undefined, null]) {
    const error = await failureOf(hook, () => nothing);
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook});
    expect(error.message).toContain(`returned ${nothing} from hook "${hook}"`);
  }
});

describe('asynchronous taps', () => {
  const withTap = (add: (hooks: Parameters<RifePlugin['apply']>[0]['hooks']) => void): RifePlugin =>
    definePlugin({name: 'test:async', apply: ({hooks}) => add(hooks)});

  test.each<[string, RifePlugin]>([
    [
      'tapPromise',
      withTap(hooks => hooks.beforeStep.tapPromise('x', () => Promise.reject(new Error('late')))),
    ],
    [
      'tapAsync',
      withTap(hooks =>
        hooks.beforeStep.tapAsync('x', (_, callback) => setTimeout(() => callback(new Error('late')), 1)),
      ),
    ],
  ])('a failing %s is named', async (_, plugin) => {
    const {trainer} = makeTrainer({plugins: [plugin]});
    expect(await rejection(trainer.run())).toMatchObject({
      code: 'RIFE_ERR_PLUGIN',
      plugin: 'test:async',
      hook: 'beforeStep',
      cause: {message: 'late'},
    });
  });

  test('they are waited for, one after another', async () => {
    const order: string[] = [];
    const plugin = withTap(hooks => {
      hooks.beforeStep.tapPromise('x', async () => {
        await new Promise(resolve => setTimeout(resolve, 5));
        order.push('promise');
      });
      hooks.beforeStep.tapAsync('x', (_, callback) => {
        order.push('async');
        callback(null);
      });
      hooks.afterStep.tap('x', () => void order.push('after'));
    });
    await makeTrainer({plugins: [plugin], config: {steps: 1}}).trainer.run();
    expect(order).toEqual(['promise', 'async', 'after']);
  });

  test.each(['tapPromise', 'tapAsync'] as const)(
    '%s on a synchronous hook is refused in apply',
    async method => {
      const plugin = withTap(hooks =>
        (hooks.gradients as never as Record<string, (...args: unknown[]) => void>)[method]!('x', () => {}),
      );
      const error = await rejection(makeTrainer({plugins: [plugin]}).trainer.run());
      expect(error).toMatchObject({code: 'RIFE_ERR_HOOK_SYNC', plugin: 'test:async', hook: 'gradients'});
      expect(error.message).toContain('Write hooks.gradients.tap(name, fn)');
    },
  );
});

describe('tensors that a traced tap returns', () => {
  let leaked: tf.Tensor4D | undefined;

  test.each<[string, keyof TrainerHooks, unknown, string]>([
    ['a disposed tensor', 'flow', (flow: tf.Tensor) => disposed(tf.clone(flow)), 'a tensor that is disposed'],
    ['another shape', 'flow', (flow: tf.Tensor) => tf.sum(flow), 'a tensor []'],
    ['no tensor', 'flow', () => ({}), 'a object'],
    [
      'a term that is not [B]',
      'afterLoss',
      (l: {terms: object; weights: object}) => ({
        terms: {...l.terms, t: tf.zeros([3])},
        weights: {...l.weights, t: 1},
      }),
      'loss term "t", which has shape [3], not [2]',
    ],
    [
      'a term without a weight',
      'afterLoss',
      (l: {terms: object; weights: object}) => ({...l, terms: {...l.terms, t: tf.zeros([2])}}),
      'loss term "t", which has no weight',
    ],
    [
      'a weight that is NaN',
      'afterLoss',
      (l: {terms: object; weights: object}) => ({...l, weights: {...l.weights, teacher: NaN}}),
      'loss term "teacher", which has a weight',
    ],
    ['no terms at all', 'afterLoss', () => ({terms: {}, weights: {}}), 'there is no term at all'],
    ['something else', 'afterLoss', () => ({}), 'an object without terms and weights'],
    ['a missing gradient', 'gradients', () => ({}), 'no gradient for "mix.weight"'],
    [
      'a gradient of another shape',
      'gradients',
      (g: object) => ({...g, 'mix.bias': tf.zeros([2])}),
      'a gradient of shape [2] for "mix.bias" [3]',
    ],
    [
      'a gradient too many',
      'gradients',
      (g: object) => ({...g, other: tf.zeros([2])}),
      'a gradient for "other", which is no parameter',
    ],
    [
      'a parameter of another shape',
      'parameters',
      (p: object) => ({...p, 'mix.bias': tf.zeros([2])}),
      'a parameter of shape [2] for "mix.bias" [3]',
    ],
  ])('%s', async (_, hook, fn, message) => {
    const error = await failureOf(hook, fn);
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook});
    expect(error.message).toContain(message);
  });

  test('one that leaked from the step before', async () => {
    const error = await failureOf(
      'flow',
      (flow: tf.Tensor4D) => {
        const before = leaked;
        leaked = tf.keep(tf.clone(flow));
        return before ?? flow;
      },
      {steps: 2},
    );
    leaked?.dispose();
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook: 'flow'});
    expect(error.message).toContain('a tensor that was made outside this capture');
  });

  test('a tensor of another copy of tfjs is named', async () => {
    const foreign = (flow: tf.Tensor) => ({shape: flow.shape, dtype: 'float32', dataId: {}, id: 1e9});
    const error = await failureOf('flow', foreign as never);
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook: 'flow'});
    expect(error.message).toContain('a tensor of another copy of @tensorflow/tfjs-core');
    const inTerms = await failureOf('afterLoss', ((loss: {terms: object}) => ({
      ...loss,
      terms: {...loss.terms, mine: {shape: [2], dataId: {}}},
    })) as never);
    expect(inTerms.message).toContain('tensor "mine" of another copy');
  });

  test('what came from the arguments and the trace passes', async () => {
    const value = () => 2;
    const plugin = definePlugin({
      name: 'test:pass',
      apply({hooks}) {
        hooks.flow.tap('x', flow => flow);
        hooks.gradients.tap('x', gradients => gradients);
        hooks.afterLoss.tap('x', (loss, trace) => ({
          terms: {...loss.terms, gap: trace.gap},
          weights: {...loss.weights, gap: trace.scalar('test.two', value)},
        }));
      },
    });
    const {trainer, steps} = makeTrainer({plugins: [plugin], config: {steps: 2}});
    await trainer.run();
    expect(steps.map(({terms}) => terms['gap'])).toEqual([1, 1]);
  });
});

function disposed(tensor: tf.Tensor) {
  tensor.dispose();
  return tensor;
}

test('a verdict that does not exist is refused', async () => {
  const error = await failureOf('onNaN', () => 'retry');
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', hook: 'onNaN'});
  expect(error.message).toContain('returned "retry"');
});

test.each([
  {minGap: 0, maxGap: 1},
  {minGap: 3, maxGap: 2},
  {minGap: 1, maxGap: 1.5},
  {minGap: 1, maxGap: 2, gapWeights: [1]},
  {minGap: 1, maxGap: 2, gapWeights: [1, NaN]},
  {minGap: 1, maxGap: 2, gapWeights: [0, 0]},
  {minGap: 1, maxGap: 2, gapWeights: 12},
  {minGap: undefined, maxGap: 2},
  {minGap: 1, maxGap: 1e300},
])('a sampling policy of %j is refused', async policy => {
  const error = await failureOf('sampling', () => policy);
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook: 'sampling'});
});
