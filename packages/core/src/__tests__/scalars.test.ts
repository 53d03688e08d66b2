import type {LogKey} from '../contract/index.js';
import * as tf from '@tensorflow/tfjs-core';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

describe('declared scalars and logs', () => {
  const value = () => 1;
  const declaring = (name: string, scalar: string, fn: () => unknown = value) =>
    tapping('afterLoss', (loss, trace) => (trace.scalar(scalar, fn as () => number), loss), name);

  test('two plugins may not share a name', async () => {
    const {trainer} = makeTrainer({plugins: [declaring('a:a', 'same'), declaring('b:b', 'same')]});
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_SCALAR_CLASH', plugin: 'b:b', hook: 'afterLoss'});
    expect(error.message).toContain('which belongs to "a:a"');
  });

  test('one plugin may ask twice with the same function, not with two', async () => {
    const twice = (make: () => () => number) =>
      tapping('afterLoss', (loss, trace) => (trace.scalar('x.y', make()), trace.scalar('x.y', make()), loss));
    await makeTrainer({plugins: [twice(() => value)], config: {steps: 1}}).trainer.run();
    const error = await rejection(makeTrainer({plugins: [twice(() => () => 1)]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_SCALAR_CLASH', plugin: 'test:plugin'});
    expect(error.message).toContain('Create the function once, outside the tap');
  });

  test("the trainer's own names are taken", async () => {
    const error = await rejection(makeTrainer({plugins: [declaring('a:a', 'optim.decay')]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_SCALAR_CLASH', plugin: 'a:a'});
  });

  test.each([NaN, Infinity, '1', undefined])('a value of %p is refused', async bad => {
    const error = await rejection(makeTrainer({plugins: [declaring('a:a', 'a.b', () => bad)]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_SCALAR_VALUE', plugin: 'a:a'});
  });

  test('a value that goes bad later is refused at that step', async () => {
    let calls = 0;
    const plugin = declaring('a:a', 'a.b', () => (++calls > 6 ? NaN : 1));
    const {trainer, steps} = makeTrainer({plugins: [plugin]});
    expect((await rejection(trainer.run())).message).toMatch(
      /Scalar "a.b" of plugin "a:a" is NaN at step \d/,
    );
    expect(steps.length).toBeGreaterThan(0);
  });

  test.each<[string, unknown]>([
    ['gap', 'scalar'],
    ['x/y', 'vector'],
    ['x/y', 'twice'],
    ['x/y', 'number'],
  ])('a log under %p of a %s is refused', async (key, kind) => {
    const plugin = tapping('afterLoss', (loss, trace) => {
      const tensor = kind === 'vector' ? loss.terms['teacher'] : kind === 'number' ? 3 : tf.scalar(1);
      trace.log(key as LogKey, tensor as tf.Scalar);
      if (kind === 'twice') trace.log(key as LogKey, tensor as tf.Scalar);
      return loss;
    });
    const error = await rejection(makeTrainer({plugins: [plugin]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_LOG_KEY', plugin: 'test:plugin', hook: 'afterLoss'});
  });
});
