import {averageOf, type Program, type Trainer} from '@rife-train/core';
import {createEngine, loadRuntime} from '@rife-train/engine';
import {PluginProbe, probeTrace, trainTiny, type TinyRunOptions} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {decayAt, ema, movedAverages, optionsSchema} from '../index.js';

beforeAll(() => loadRuntime());

type Values = Map<string, Float32Array>;
type Options = Omit<TinyRunOptions, 'engine' | 'prepare'>;

/** Trains, and returns every variable at the start and after each step. */
async function trained(execution: 'captured' | 'eager', options: Options) {
  const values: Values[] = [];
  const prepare = ({hooks}: Trainer, program: () => Program) => {
    const read = async () => void values.push(await program().readVariables());
    hooks.beforeStep.tapPromise('test', async ({progress}) => (progress.step === 0 ? read() : undefined));
    hooks.afterStep.tapPromise('test', read);
  };
  const engine = await createEngine({execution});
  const run = await trainTiny({engine, prepare, ...options});
  return {...run, values};
}

/**
 * Largest difference of averages from `average = decay * average + (1 - decay) * parameter` in
 * float64, as a share of the largest value.
 */
function averageError(
  values: readonly Values[],
  names: readonly string[],
  decays: readonly number[],
): number {
  const errors = names.map(name => {
    let exact = [...values[0]!.get(name)!];
    for (const [i, decay] of decays.entries()) {
      const parameter = values[i + 1]!.get(name)!;
      exact = exact.map((average, j) => decay * average + (1 - decay) * parameter[j]!);
    }
    const got = values.at(-1)!.get(averageOf(name))!;
    const largest = Math.max(...exact.map(Math.abs));
    return Math.max(...exact.map((value, j) => Math.abs(value - got[j]!))) / largest;
  });
  return Math.max(...errors);
}

/** Ten roundings of float32. */
const BOUND = 10 * 2 ** -24;

describe.each(['captured', 'eager'] as const)('five updates, %s', execution => {
  test.each([
    ['with the default decay', {}, [0.999, 0.999, 0.999, 0.999, 0.999]],
    ['with a decay that warms up', {decay: 0.25, warmup: true}, [1 / 10, 2 / 11, 3 / 12, 0.25, 0.25]],
  ])('%s', async (_what, options, decays) => {
    const {values, model} = await trained(execution, {plugins: [ema(options)], config: {steps: 5}});
    const names = model.parameters.map(({name}) => name);
    for (const name of names) expect(values[0]!.get(averageOf(name))).toEqual(values[0]!.get(name));
    const error = averageError(values, names, decays);
    expect(error).toBeLessThan(BOUND);
    // The bound sees a decay that is wrong by one part in a thousand.
    expect(averageError(values, names, [...decays.slice(0, -1), decays.at(-1)! - 1e-3])).toBeGreaterThan(
      BOUND,
    );
  });
});

test('a step of two micro-steps is one update', async () => {
  const config = {steps: 3, optim: {microSteps: 2}};
  const {values, model} = await trained('captured', {plugins: [ema({decay: 0.5})], config});
  const names = model.parameters.map(({name}) => name);
  expect(averageError(values, names, [0.5, 0.5, 0.5])).toBeLessThan(BOUND);
});

test('running statistics are not averaged', async () => {
  const config = {steps: 3, model: {name: 'Tiny', norm: 'batch' as const}};
  const [withIt, without] = [
    await trained('eager', {plugins: [ema()], config}),
    await trained('eager', {config}),
  ];
  const buffers = withIt.model.buffers!.map(({name}) => name);
  expect(buffers.length).toBeGreaterThan(0);
  for (const name of buffers) {
    expect(withIt.variables.get(name)).toEqual(without.variables.get(name));
    expect(withIt.variables.has(averageOf(name))).toBe(false);
  }
});

test('an average of noisy weights is closer to their centre than they are', async () => {
  // Weights around 1, as a large learning rate leaves them around the optimum.
  const noise = (step: number, i: number) => Math.sin(12.9898 * step + 78.233 * i);
  const gain = tf.scalar(0.01);
  let averages: {w: tf.Tensor} = {w: tf.ones([50])};
  let last = averages.w;
  for (let step = 0; step < 300; step++) {
    last = tf.tensor1d(Array.from({length: 50}, (_, i) => 1 + noise(step, i)));
    averages = movedAverages(averages, {w: last}, gain) as typeof averages;
  }
  const distance = (w: tf.Tensor) => tf.mean(tf.square(tf.sub(w, 1))).dataSync()[0]!;
  expect(distance(averages.w)).toBeLessThan(0.05 * distance(last));
});

test('an average that equals its parameter stays, bit for bit', () => {
  const w = tf.tensor1d([1 / 3, -1e-20, 3e8, NaN]);
  const {w: moved} = movedAverages({w}, {w}, tf.scalar(0.001));
  expect([...moved!.dataSync()]).toEqual([...w.dataSync()]);
});

test('the tap asks for the gain of the step', () => {
  const probe = new PluginProbe(ema({decay: 0.9, warmup: true}));
  expect(probe.tapped).toEqual(['averages']);
  const at = (step: number) => {
    const trace = probeTrace({progress: {step}});
    const moved = probe.pass('averages', {w: tf.scalar(0)}, {w: tf.scalar(1)}, trace) as {w: tf.Tensor};
    return moved.w.dataSync()[0]!;
  };
  expect(at(0)).toBeCloseTo(0.9, 6);
  expect(at(10)).toBeCloseTo(1 - 11 / 20, 6);
  expect(at(1000)).toBeCloseTo(0.1, 6);
});

test('the decay rises to its value and no further', () => {
  const steps = [0, 90, 9000];
  expect(steps.map(step => decayAt(step, {decay: 0.999, warmup: true}))).toEqual([0.1, 0.91, 0.999]);
  expect(steps.map(step => decayAt(step, {decay: 0.999, warmup: false}))).toEqual([0.999, 0.999, 0.999]);
  expect(optionsSchema.parse({})).toEqual({decay: 0.999, warmup: false});
});

test.each([[{decay: 1}], [{decay: -0.1}], [{decay: NaN}], [{decay: '0.9'}], [{warmup: 1}], [{rate: 1}]])(
  'refuses %j',
  options => {
    expect(() => ema(options as never)).toThrow(expect.objectContaining({code: 'RIFE_ERR_PLUGIN_OPTION'}));
  },
);
