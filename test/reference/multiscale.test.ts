/**
 * plugin-multiscale on the real network: a run from weights of three stages starts with their
 * output, and with finite gradients.
 */
import {definePlugin, type FileTensors, type ModelOptions, type RifePlugin} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {outputsStay, stockOf} from './multiscaleOutputs.js';
import {EVERYTHING, farthest, SMALL, trainOn, weightsFile} from './multiscaleSupport.js';

describe('at step 0 the output is that of the network without the plugin', () => {
  // The other cases: test/slow.
  outputsStay([
    ['two stages', {}, SMALL],
    ['large-kernel', {stages: [], receptiveField: 'large-kernel'}, SMALL],
    ['everything', EVERYTHING, SMALL],
  ]);

  test('and it is not without the zeros: the test would see it', async () => {
    const {file, seen} = stockOf(SMALL);
    const undone = changing(options => ({...options, zeroStages: 0}));
    const having = await trainOn({options: {}, plugins: [undone], init: file, execution: 'eager'});
    const flows = [having, await seen].map(run => run.predicted!.flow.values as Float32Array);
    expect(farthest(flows[0]!, flows[1]!)).toBeGreaterThan(0.1);
  });
});

/** For a few steps this is faster than capturing, and no prediction is used. */
const SOON = {execution: 'eager', predict: false} as const;

/** A plugin that changes the network's options. */
const changing = (change: (options: ModelOptions) => ModelOptions): RifePlugin =>
  definePlugin({name: 'test:options', apply: ({hooks}) => hooks.model.tap('test', change)});

/** A plugin that sets the teacher's last convolution to zero, which must not happen. */
const zeroTeacher = definePlugin({
  name: 'test:zero-teacher',
  after: ['rife:multiscale'],
  apply: ({hooks}) =>
    hooks.weights.tap('test', tensors => {
      const zero = ([name, {shape, values}]: readonly [
        string,
        {shape: readonly number[]; values: Float32Array},
      ]) =>
        [name, {shape, values: /^block_tea\.lastconv/.test(name) ? values.map(() => 0) : values}] as const;
      return new Map([...tensors].map(zero)) as FileTensors;
    }),
});

describe("the release's root, which is NaN where a student's flow equals the teacher's", () => {
  const unsafe = changing(options => ({...options, distill: {root: 'reference'}}));

  test.each([
    ['from weights of three stages', true],
    ['from fresh weights', false],
  ])('never meets it through the plugin: %s', async (_, withInit) => {
    const init = withInit ? weightsFile(SMALL) : '';
    const {steps} = await trainOn({options: EVERYTHING, plugins: [unsafe], init, steps: 3, ...SOON});
    expect(steps.map(({updated, gradNorm}) => [updated, Number.isFinite(gradNorm)])).toEqual(
      steps.map(() => [true, true]),
    );
  });

  test('the teacher estimates a flow of its own from the first step on, in every pixel', async () => {
    // Smallest |flow| over the pixels, as the release's root sees it: mean over the four channels.
    const smallest: Record<string, number> = {};
    const watch = definePlugin({
      name: 'test:watch',
      apply: ({hooks}) =>
        hooks.flow.tap('test', (flow, {block}, trace) => {
          const size = tf.min(tf.sqrt(tf.mean(tf.square(flow), 3)));
          if (trace.training) trace.log(`test/${block}` as never, size as tf.Scalar);
          return flow;
        }),
    });
    const {steps} = await trainOn({options: {}, plugins: [watch], init: weightsFile(SMALL), ...SOON});
    Object.assign(smallest, steps[0]!.logs);
    expect(smallest['test/block0']).toBe(0);
    expect(smallest['test/block1']).toBe(0);
    expect(smallest['test/block_tea']).toBeGreaterThan(1e-3);
  });

  test('a teacher that does start from zero meets it at once; with the safe root it does not', async () => {
    const setup = {options: {}, init: weightsFile(SMALL), ...SOON};
    const captured = {...setup, execution: 'captured'} as const;
    const [reference] = (await trainOn({...captured, plugins: [unsafe, zeroTeacher]})).steps;
    const [safe] = (await trainOn({...setup, plugins: [zeroTeacher]})).steps;
    expect([reference!.updated, reference!.gradNorm]).toEqual([false, NaN]);
    expect([safe!.updated, Number.isFinite(safe!.gradNorm)]).toEqual([true, true]);
  });
});
