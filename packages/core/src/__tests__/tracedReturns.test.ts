/** Tensors that taps of traced hooks return: type, kind and life. */
import * as tf from '@tensorflow/tfjs-core';
import type {TrainerHooks} from '../contract/index.js';
import {makeTrainer, tapping} from './helpers/harness.js';

function disposed(tensor: tf.Tensor) {
  tensor.dispose();
  return tensor;
}

test.each<[string, keyof TrainerHooks, unknown, string]>([
  [
    'a flow of whole numbers',
    'flow',
    (flow: tf.Tensor) => tf.cast(flow, 'int32'),
    'returned an int32 tensor from hook "flow"',
  ],
  [
    'a term of whole numbers',
    'afterLoss',
    (l: {terms: {teacher: tf.Tensor}}) => ({
      ...l,
      terms: {...l.terms, teacher: tf.cast(l.terms.teacher, 'int32')},
    }),
    'loss term "teacher", which is an int32 tensor',
  ],
  [
    'a weight of truth values',
    'afterLoss',
    (l: {weights: object}) => ({...l, weights: {...l.weights, teacher: tf.scalar(true)}}),
    'loss term "teacher", which has a weight that is no',
  ],
  [
    'a weight that overflows float32',
    'afterLoss',
    (l: {weights: object}) => ({...l, weights: {...l.weights, teacher: 1e39}}),
    'loss term "teacher", which has a weight that is no',
  ],
  [
    'a gradient of whole numbers',
    'gradients',
    (g: {'mix.bias': tf.Tensor}) => ({...g, 'mix.bias': tf.cast(g['mix.bias'], 'int32')}),
    'an int32 tensor as the gradient for "mix.bias"',
  ],
  [
    'a gradient of truth values',
    'gradients',
    (g: {'mix.bias': tf.Tensor}) => ({...g, 'mix.bias': tf.cast(g['mix.bias'], 'bool')}),
    'a bool tensor as the gradient for "mix.bias"',
  ],
  [
    'a number',
    'gradients',
    (g: object) => ({...g, 'mix.bias': 1}),
    'a number as the gradient for "mix.bias"',
  ],
  ['null', 'gradients', (g: object) => ({...g, 'mix.bias': null}), 'null as the gradient for "mix.bias"'],
  [
    'gradients that are only inherited',
    'gradients',
    (g: object) => Object.create(g) as object,
    'no gradient for "mix.weight"',
  ],
  [
    'a parameter that is disposed',
    'parameters',
    (p: {'mix.bias': tf.Tensor}) => ({...p, 'mix.bias': disposed(tf.clone(p['mix.bias']))}),
    'tensor "mix.bias" that is disposed',
  ],
  [
    'an average of whole numbers',
    'averages',
    (a: {'mix.bias': tf.Tensor}) => ({...a, 'mix.bias': tf.cast(a['mix.bias'], 'int32')}),
    'an int32 tensor as the moving average for "mix.bias"',
  ],
])('%s is refused', async (_, hook, fn, message) => {
  const {trainer} = makeTrainer({plugins: [tapping(hook, fn as never)], config: {steps: 1}});
  // By an expectation, where it is accepted.
  const error = await trainer.run().then(
    () => new Error('accepted'),
    (refusal: Error) => refusal,
  );
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin', hook});
  expect(error.message).toContain(message);
});

test('what answers anew each time is read once', async () => {
  let reads = 0;
  const plugin = tapping('gradients', gradients => {
    const good = gradients['mix.bias']!;
    return Object.defineProperty({...gradients}, 'mix.bias', {
      enumerable: true,
      get: () => (reads++ === 0 ? good : tf.zeros([9])),
    });
  });
  await makeTrainer({plugins: [plugin], config: {steps: 1}}).trainer.run();
  expect(reads).toBe(1);
});
