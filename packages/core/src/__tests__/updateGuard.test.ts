/** An update of finite gradients that plugins make not finite. */
import * as tf from '@tensorflow/tfjs-core';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {NamedTensors, NonFiniteEvent, Trace} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

type UpdateHook = 'gradients' | 'parameters' | 'averages';

/**
 * A plugin that multiplies what a hook is given by 1e25, twice where that alone would be finite, at
 * some steps.
 */
function spoiling(hook: UpdateHook, isBad: (step: number) => boolean = step => step === 3) {
  const factor = ({step}: {step: number}) => (isBad(step) ? 1e25 : 1);
  const spoil = (tensors: NamedTensors, trace: Trace): NamedTensors => {
    const scale = trace.scalar('test.factor', factor);
    const once = (tensor: tf.Tensor) => tf.mul(tensor, scale);
    const spoiled = (tensor: tf.Tensor) => (hook === 'gradients' ? once(tensor) : once(once(tensor)));
    return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, spoiled(tensor)]));
  };
  return definePlugin({
    name: 'test:spoils',
    apply({hooks}) {
      if (hook === 'averages') hooks.averages.tap('x', (averages, _, trace) => spoil(averages, trace));
      else hooks[hook].tap('x', spoil);
    },
  });
}

const endOf = (trainer: ReturnType<typeof makeTrainer>['trainer']) =>
  trainer.run().then(({reason, step}) => `${reason} at ${step}`, String);

const savedAt = (out: string, step: number) =>
  JSON.parse(readFileSync(path.join(out, `checkpoints/step-0000000${step}/state.json`), 'utf8')) as object;

describe.each(['gradients', 'parameters', 'averages'] as const)('a tap of %s', hook => {
  test('changes nothing at that step, and the run goes on', async () => {
    const {trainer, engine, steps, lines, out} = makeTrainer({plugins: [spoiling(hook)]});
    const states: string[] = [];
    trainer.hooks.afterStep.tapPromise('watch', async () => {
      const values = [...(await engine.program!.readVariables())];
      states.push(
        JSON.stringify(values.filter(([name]) => !name.startsWith('grad/')).map(([, v]) => [...v])),
      );
    });
    expect(await endOf(trainer)).toBe('finished at 6');
    expect(steps.map(({updated, verdict}) => [updated, verdict])).toEqual(
      [0, 1, 2, 3, 4, 5].map(step => (step === 3 ? [false, 'skip'] : [true, undefined])),
    );
    expect(states[3]).toBe(states[2]);
    expect(states[4]).not.toBe(states[3]);
    expect(savedAt(out, 6)).toMatchObject({step: 6, updates: 5, setbacks: {nonFinite: 0}});
    expect(lines).toContainEqual(
      expect.stringContaining(
        `step 3 is refused. Its gradients are finite, but plugins made the update not finite in float32, and it was not applied: "test:spoils" (${hook})`,
      ),
    );
  });

  test('that goes on so stops the run, which names it', async () => {
    const {trainer, steps, out} = makeTrainer({
      plugins: [spoiling(hook, step => step >= 2)],
      config: {steps: 60, maxNonFinite: 4, saveEvery: 1},
    });
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_NON_FINITE'});
    expect(error.message).toContain(`it was not applied: "test:spoils" (${hook})`);
    expect(error.message).toContain('More than maxNonFinite = 4 steps in a row are not finite');
    expect(steps).toHaveLength(7);
    expect(savedAt(out, 7)).toMatchObject({updates: 2, setbacks: {nonFinite: 5}});
  });
});

test('onNaN decides about such a step, and a tap of it that fails loses nothing', async () => {
  const events: NonFiniteEvent[] = [];
  const deciding = (decide: () => unknown) =>
    tapping(
      'onNaN',
      event => {
        events.push(event);
        return decide() as never;
      },
      'test:decides',
    );
  let isBack = false;
  const once = spoiling('gradients', step => step === 3 && !isBack);
  const goingBack = () => {
    isBack = true;
    return 'rollback';
  };
  const back = makeTrainer({plugins: [once, deciding(goingBack)]});
  expect(await endOf(back.trainer)).toBe('finished at 6');
  expect(back.lines).toContainEqual(expect.stringContaining('rolled back from step 3'));
  expect(events[0]).toMatchObject({consecutive: 1, weightsBroken: false, nonFiniteTerms: []});
  const failing = makeTrainer({
    plugins: [
      spoiling('gradients'),
      deciding(() => {
        throw new Error('broken');
      }),
    ],
    config: {saveEvery: 100},
  });
  expect(await rejection(failing.trainer.run())).toMatchObject({
    code: 'RIFE_ERR_PLUGIN',
    plugin: 'test:decides',
  });
  expect(savedAt(failing.out, 3)).toMatchObject({step: 3, updates: 3});
});

test('nothing is looked at where no tap replaced anything', async () => {
  const fetched = async (plugins: ReturnType<typeof tapping>[]) => {
    const {trainer, engine} = makeTrainer({plugins, config: {steps: 1}});
    let names: string[] = [];
    trainer.hooks.afterStep.tapPromise('watch', async ({learningRate}) => {
      const {program} = engine;
      const scalars = {'optim.decay': 1, 'optim.stepSize': learningRate, 'optim.epsilon': 1};
      const feeds = {gap: new Float32Array(2), timestep: new Float32Array(2)};
      names = Object.keys(await program!.run('update', feeds, {...scalars, 'test.factor': 1}));
    });
    await trainer.run();
    return names;
  };
  expect(await fetched([])).toEqual([]);
  expect(await fetched([tapping('gradients', gradients => gradients)])).toEqual([]);
  expect(await fetched([spoiling('gradients')])).toEqual(['finite']);
});
