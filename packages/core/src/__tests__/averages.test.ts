/** Averages of the weights that a tap of `averages` makes a run keep. */
import {readFileSync} from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {decodeSafetensors} from '@rife-train/files';
import type {NamedTensors, ReadInitial, RunSnapshot, TrainerHooks} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {createHooks} from '../plugins/hooks.js';
import {averageOf, keepsAverages, predictedVariables, withAverages} from '../weights/averages.js';
import {FakeModel} from './helpers/fakeModel.js';
import {makeTrainer, rejection, tapping, temporaryFolder, type Setup} from './helpers/harness.js';
import {replicas} from './helpers/replicas.js';
import {folderOf, runUntil, tensorsOf, withoutTimes} from './helpers/runs.js';
import './helpers/registries.js';

/** Half of the old average and half of the new parameter: exact in float32. */
const half = (averages: NamedTensors, parameters: NamedTensors): NamedTensors =>
  Object.fromEntries(
    Object.entries(averages).map(([name, average]) => [
      name,
      tf.mul(tf.add(average, parameters[name]!), 0.5),
    ]),
  );
const averaging = () => tapping('averages', half, 'test:averages');

type Made = ReturnType<typeof makeTrainer>;
type Values = Map<string, Float32Array>;

/** Every variable after each step that was made. */
function watched({trainer, engine}: Made): Values[] {
  const all: Values[] = [];
  trainer.hooks.afterStep.tapPromise('test:watch', async () => {
    all.push(await engine.program!.readVariables());
  });
  return all;
}

const start = (setup: Setup = {}) => makeTrainer({plugins: [averaging()], ...setup});
const fileAt = (out: string, step: number, file: string) =>
  decodeSafetensors(readFileSync(path.join(folderOf(out, step), file)), file).tensors;
const valuesIn = (tensors: ReturnType<typeof fileAt>, name: string) => [...tensors.get(name)!.values];
const NAMES = ['mix.weight', 'mix.bias', 'flow.scale'];

/** The average after each step, by the definition of {@link half}, from the parameters. */
function expectedAverages(name: string, parameters: readonly Float32Array[], seed = 1234): number[][] {
  let average = new FakeModel({} as never).initialize(seed).get(name)!;
  return parameters.map(parameter => {
    average = average.map((value, i) => Math.fround(Math.fround(value + parameter[i]!) * 0.5));
    return [...average];
  });
}

describe('a run with a tap', () => {
  const poisoned = (index: number) => index === 2;

  test.each([1, 2])('moves averages after each update alone, with %i micro-steps', async microSteps => {
    const optim = {learningRate: 0.01, warmupSteps: 1, microSteps};
    const made = start({config: {optim}, poisoned});
    const variables = watched(made);
    await made.trainer.run();
    const updated = variables.filter((_, i) => made.steps[i]!.updated);
    expect([variables.length, updated.length]).toEqual([6, 5]);
    for (const name of NAMES) {
      const parameters = updated.map(values => values.get(name)!);
      expect(updated.map(values => [...values.get(averageOf(name))!])).toEqual(
        expectedAverages(name, parameters),
      );
      expect(updated.at(-1)!.get(averageOf(name))).not.toEqual(parameters.at(-1));
    }
    const bad = made.steps.findIndex(step => !step.updated);
    expect(variables[bad]!.get(averageOf('mix.bias'))).toEqual(variables[bad - 1]!.get('average/mix.bias'));
  });

  test('does not change what is trained', async () => {
    const [withIt, without] = [start(), makeTrainer()];
    await Promise.all([withIt.trainer.run(), without.trainer.run()]);
    const training = withIt.steps.map(({loss, gradNorm}) => [loss, gradNorm]);
    expect(training).toEqual(without.steps.map(({loss, gradNorm}) => [loss, gradNorm]));
  });

  test('averages what the taps of parameters made', async () => {
    const frozen = tapping('parameters', (parameters, trace) => ({
      ...parameters,
      'mix.bias': trace.parameter('mix.bias').value,
    }));
    const made = start({plugins: [averaging(), frozen]});
    const variables = watched(made);
    await made.trainer.run();
    expect(variables.at(-1)!.get('average/mix.bias')).toEqual(variables[0]!.get('mix.bias'));
    expect(variables.at(-1)!.get('average/mix.weight')).not.toEqual(variables[0]!.get('mix.weight'));
  });

  test('predicts with the averages, also for taps that read a parameter', async () => {
    const seen: tf.Tensor[] = [];
    const looking = tapping('flow', (flow, _info, trace) => {
      if (!trace.training) seen.push(tf.keep(tf.clone(trace.parameter('mix.bias').value)));
      return flow;
    });
    const made = start({plugins: [averaging(), looking]});
    const variables = watched(made);
    let predicted: number[] = [];
    made.trainer.hooks.done.tapPromise('test:predict', async () => {
      const request = {
        images: new Uint8Array(24),
        gap: Float32Array.of(1),
        timestep: Float32Array.of(0.5),
      };
      const {refined} = await made.trainer.predict({...request, shape: [1, 2, 2]});
      predicted = [...refined.values].slice(0, 3);
    });
    await made.trainer.run();
    // Of black images the network returns its bias.
    const average = [...variables.at(-1)!.get('average/mix.bias')!];
    expect(predicted).toEqual(average);
    expect([...seen[0]!.dataSync()]).toEqual(average);
    expect([...variables.at(-1)!.get('mix.bias')!]).not.toEqual(average);
    tf.dispose(seen);
  });
});

describe('a checkpoint', () => {
  test('has averages as its weights, and the trained copy beside the moments, both in file layout', async () => {
    const made = start({config: {keep: 9}});
    const variables = watched(made);
    await made.trainer.run();
    const model = new FakeModel({} as never);
    const [weights, optimizer] = [
      fileAt(made.out, 6, 'weights.safetensors'),
      fileAt(made.out, 6, 'optimizer.safetensors'),
    ];
    expect([...weights.keys()].sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      const last = variables.at(-1)!;
      expect(valuesIn(weights, name)).toEqual([...model.toFile(name, last.get(averageOf(name))!)]);
      expect(valuesIn(optimizer, `trained/${name}`)).toEqual([...model.toFile(name, last.get(name)!)]);
      expect(optimizer.get(`trained/${name}`)!.shape).toEqual(weights.get(name)!.shape);
    }
    const [first, trained] = [
      fileAt(made.out, 0, 'weights.safetensors'),
      fileAt(made.out, 0, 'optimizer.safetensors'),
    ];
    for (const name of NAMES) expect(valuesIn(first, name)).toEqual(valuesIn(trained, `trained/${name}`));
  });

  test.each([1, 3, 5])('of step %i resumes to the same bits', async stop => {
    const poisoned = (index: number) => index === 3;
    const whole = start({poisoned});
    await whole.trainer.run();
    const out = temporaryFolder();
    await runUntil(stop, start({out, poisoned}));
    await start({out, poisoned, options: {resume: true}}).trainer.run();
    expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
    expect(tensorsOf(out, 6)).toEqual(tensorsOf(whole.out, 6));
  });

  test.each([
    ['with averages', 'without', true, /weights are a moving average, and no plugin continues it/],
    ['without averages', 'with', false, /has no moving average of the weights/],
  ])('%s is not resumed %s them', async (_of, _by, first, message) => {
    const {trainer, out} = makeTrainer({plugins: first ? [averaging()] : []});
    await trainer.run();
    const again = makeTrainer({
      out,
      plugins: first ? [] : [averaging()],
      config: {steps: 8},
      options: {resume: true},
    });
    const error = await rejection(again.trainer.run());
    expect(error.code).toBe('RIFE_ERR_CHECKPOINT_MODEL');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/ema\(\).*start a new run with "init"/);
  });
});

test('a run that starts from a file starts with both copies equal to it', async () => {
  const bias = Float32Array.of(0.5, 0.25, 0.125);
  const file = {report: 'read', file: 'a.pkl', sha256: ''};
  const readInitial: ReadInitial = async () => ({...file, values: new Map([['mix.bias', bias]])});
  const made = start({config: {init: 'a.pkl', keep: 9}, options: {readInitial}});
  await made.trainer.run();
  expect(valuesIn(fileAt(made.out, 0, 'weights.safetensors'), 'mix.bias')).toEqual([...bias]);
  expect(valuesIn(fileAt(made.out, 0, 'optimizer.safetensors'), 'trained/mix.bias')).toEqual([...bias]);
});

describe('a rollback restores averages', () => {
  /** Rolls step 4 back once, to what `target` says. */
  const turning = (target: (snapshot: RunSnapshot) => 'rollback' | {rollback: RunSnapshot}) => {
    let [armed, snapshot] = [true, undefined as RunSnapshot | undefined];
    return definePlugin({
      name: 'test:turn',
      apply({hooks, takeSnapshot}) {
        hooks.beforeStep.tapPromise('test:turn', async ({progress}) => {
          if (progress.step === 2) snapshot ??= await takeSnapshot();
        });
        hooks.beforeUpdate.tap('test:turn', ({progress}) => {
          if (!armed || progress.step !== 4) return undefined;
          armed = false;
          return target(snapshot!);
        });
      },
    });
  };

  test.each([
    ['a checkpoint', () => 'rollback' as const, 3],
    ['a snapshot', (rollback: RunSnapshot) => ({rollback}), 2],
  ])('from %s', async (_what, target, step) => {
    const config = {saveEvery: 3, keep: 9};
    const plain = start({config});
    const before = watched(plain);
    await plain.trainer.run();
    const made = start({config, plugins: [averaging(), turning(target)]});
    const restored: Values[] = [];
    made.trainer.hooks.load.tapPromise('test:read', async () => {
      restored.push(await made.engine.program!.readVariables());
    });
    await made.trainer.run();
    expect(restored).toHaveLength(1);
    for (const name of NAMES.map(averageOf))
      expect(restored[0]!.get(name)).toEqual(before[step - 1]!.get(name));
  });
});

test('two replicas have the same averages', async () => {
  const {parts, run} = replicas(2, {plugins: () => [averaging()]});
  const variables = parts.map(part => watched(part));
  await run();
  const last = variables.map(values => values.at(-1)!);
  for (const name of NAMES) {
    expect(last[1]!.get(averageOf(name))).toEqual(last[0]!.get(averageOf(name)));
    const parameters = variables[0]!.map(values => values.get(name)!);
    expect([...last[0]!.get(averageOf(name))!]).toEqual(expectedAverages(name, parameters).at(-1));
  }
});

describe('what a tap returns is checked', () => {
  const without = ({'mix.bias': _bias, ...rest}: NamedTensors) => rest;
  test.each<[string, (averages: NamedTensors) => NamedTensors, RegExp]>([
    ['one that lacks a parameter', without, /no moving average for "mix.bias"/],
    [
      'one of another shape',
      averages => ({...averages, 'mix.bias': tf.zeros([2])}),
      /a moving average of shape \[2\] for "mix.bias" \[3\]/,
    ],
    ['one of no parameter', averages => ({...averages, x: tf.zeros([2])}), /"x", which is no parameter/],
  ])('%s', async (_what, tap, message) => {
    const error = await rejection(makeTrainer({plugins: [tapping('averages', tap)]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', hook: 'averages'});
    expect(error.message).toMatch(message);
  });
});

describe('withAverages', () => {
  /** Private members, as JavaScript has them: they belong to the object itself. */
  const shares = new WeakMap<FakeModel, number>();
  class Secretive extends FakeModel {
    override initialize(seed: number) {
      const share = shares.get(this)!;
      const scaled = [...super.initialize(seed)].map(([name, x]) => [name, x.map(v => v * share)] as const);
      return new Map(scaled);
    }
  }

  test('leaves the members of a network as they are, private ones too', () => {
    const model = new Secretive({} as never);
    shares.set(model, 0.5);
    const averaged = withAverages(model, true);
    expect([averaged.averaged, averaged.name, averaged.parameters]).toEqual([true, 'Fake', model.parameters]);
    expect(averaged.initialize(1)).toEqual(model.initialize(1));
    expect(averaged.initialize(1).get('mix.bias')![0]).not.toBeNaN();
    expect(withAverages(model, false)).toBe(model);
    expect(predictedVariables(averaged).get('mix.bias')).toBe('average/mix.bias');
    expect(predictedVariables(model).get('mix.bias')).toBe('mix.bias');
  });

  test('is asked for by a tap', () => {
    const hooks: TrainerHooks = createHooks();
    expect(keepsAverages(hooks)).toBe(false);
    hooks.averages.tap('test', half);
    expect(keepsAverages(hooks)).toBe(true);
  });
});
