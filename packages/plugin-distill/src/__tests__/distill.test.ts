import '@tensorflow/tfjs-backend-cpu';
import type {LossState, PluginTrainer, Progress, Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {distill, scheduledWeight, setDistillWeight, type DistillOptions} from '../index.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

const at = (fraction: number): Progress => ({step: Math.round(fraction * 1000), steps: 1000, fraction});

/** Terms and weights as IFNet returns them. */
const ifnetLoss = (): LossState => ({
  terms: {reconstruction: tf.tensor1d([1, 2]), teacher: tf.tensor1d([3, 4]), distill: tf.tensor1d([5, 6])},
  weights: {reconstruction: 1, teacher: 1, distill: 0.01},
});

/** Runs the plugin's tap once, as a capture at `progress` does. */
function run(options: DistillOptions | undefined, progress = at(0), loss = ifnetLoss()) {
  const logs: Record<string, tf.Scalar> = {};
  const declared = new Map<string, (progress: Progress) => number>();
  let tap: ((loss: LossState, trace: Trace) => LossState) | undefined;
  const hooks = {afterLoss: {tap: (_name: string, fn: typeof tap) => (tap = fn)}};
  distill(options).apply({hooks} as unknown as PluginTrainer);
  const trace = {
    scalar(name: string, value: (progress: Progress) => number) {
      declared.set(name, value);
      return tf.scalar(value(progress));
    },
    log: (key: string, value: tf.Scalar) => (logs[key] = value),
  } as unknown as Trace;
  return {result: tap!(loss, trace), logs, declared, again: () => tap!(loss, trace)};
}

const value = (scalar: unknown) => (scalar as tf.Scalar).dataSync()[0];

describe('weight', () => {
  test("is RIFE's own 0.01 by default", () => {
    expect(run(undefined).result.weights).toEqual({reconstruction: 1, teacher: 1, distill: 0.01});
  });

  test.each([0, 0.5, 20])('as the number %p is a constant, and is logged', weight => {
    const {result, logs, declared} = run({weight});
    expect(result.weights).toEqual({reconstruction: 1, teacher: 1, distill: weight});
    expect(value(logs['distill/weight'])).toBeCloseTo(weight, 6);
    expect([...declared]).toEqual([]);
  });

  test('as a function is declared, evaluated and logged', () => {
    const {result, logs, declared} = run({weight: ({step}) => step / 4}, at(0.5));
    expect(value(result.weights['distill'])).toBe(125);
    expect(value(logs['distill/weight'])).toBe(125);
    expect([...declared.keys()]).toEqual(['distill.weight']);
  });

  test('is declared by the same function at every trace', () => {
    const {declared, again} = run({schedule: {from: 0, to: 1}});
    const first = declared.get('distill.weight');
    again();
    expect(declared.get('distill.weight')).toBe(first);
  });

  test('follows the schedule', () => {
    const {result} = run({schedule: {from: 0, to: 1, over: [0.25, 0.75]}}, at(0.5));
    expect(value(result.weights['distill'])).toBe(0.5);
  });

  test('leaves terms and what it was given alone', () => {
    const loss = ifnetLoss();
    const {result} = run({weight: 0}, at(0), loss);
    expect(result.terms).toBe(loss.terms);
    expect(loss.weights['distill']).toBe(0.01);
  });
});

describe('schedule', () => {
  const rising = {from: 0.001, to: 0.01, over: [0.2, 0.6]} as const;

  test.each([
    ['before', 0, 0.001],
    ['at the beginning', 0.2, 0.001],
    ['at the end', 0.6, 0.01],
    ['after', 1, 0.01],
  ])('%s of its part it has the exact value', (_where, fraction, expected) => {
    expect(scheduledWeight(rising, fraction)).toBe(expected);
    expect(scheduledWeight({...rising, shape: 'cosine'}, fraction)).toBe(expected);
  });

  test('takes the whole run by default', () => {
    expect([0, 0.5, 1].map(fraction => scheduledWeight({from: 1, to: 3}, fraction))).toEqual([1, 2, 3]);
  });

  test('linear goes at constant speed, cosine slow, fast, slow', () => {
    const quarter = (shape: 'linear' | 'cosine') => scheduledWeight({from: 0, to: 1, shape}, 0.25);
    expect(quarter('linear')).toBe(0.25);
    expect(quarter('cosine')).toBeCloseTo((1 - Math.SQRT1_2) / 2, 12);
    expect(scheduledWeight({from: 0, to: 1, shape: 'cosine'}, 0.5)).toBeCloseTo(0.5, 12);
  });

  test('falls as well as it rises', () => {
    expect(scheduledWeight({from: 1, to: 0}, 0.75)).toBe(0.25);
  });
});

describe('errors', () => {
  const schedule = {from: 0, to: 1};
  test.each<[option: string, options: unknown, expected: string]>([
    ['options', null, 'an object'],
    ['wieght', {wieght: 1}, 'left out (there are weight, schedule), but got 1'],
    ['weight', {weight: -1}, 'a finite number, 0 or more, or a function of progress, but got -1'],
    ['weight', {weight: NaN}, 'a finite number'],
    ['weight', {weight: '1'}, 'a finite number'],
    ['schedule', {weight: 1, schedule}, 'left out where "weight" is given'],
    ['schedule', {schedule: 3}, 'an object such as'],
    ['schedule.from', {schedule: {to: 1}}, 'a finite number, 0 or more'],
    ['schedule.to', {schedule: {from: 0, to: Infinity}}, 'a finite number, 0 or more'],
    ['schedule.over', {schedule: {...schedule, over: [0.5, 0.5]}}, 'two rising fractions'],
    ['schedule.over', {schedule: {...schedule, over: [0, 2]}}, 'two rising fractions'],
    ['schedule.shape', {schedule: {...schedule, shape: 'step'}}, '"linear" or "cosine", but got "step"'],
    ['schedule.until', {schedule: {...schedule, until: 1}}, 'left out (there are from, to, over, shape)'],
  ])('option %s of %j', (option, options, expected) => {
    const error = {code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:distill'};
    expect(() => distill(options as DistillOptions)).toThrow(expect.objectContaining(error));
    expect(() => distill(options as DistillOptions)).toThrow(`option "${option}" must be ${expected}`);
  });

  test.each([NaN, -1, undefined, '1'])('a function that returns %p', returned => {
    const weight = () => returned as number;
    expect(() => run({weight}, at(0.25))).toThrow(
      /option "weight" must be a function that returns .* \(step 250\)/,
    );
  });

  test('a model without the term', () => {
    const loss = {terms: {reconstruction: tf.tensor1d([1])}, weights: {reconstruction: 1}};
    const error = {code: 'RIFE_ERR_PLUGIN_LOSS_TERM', plugin: 'rife:distill', hook: 'afterLoss'};
    expect(() => setDistillWeight(loss, 1)).toThrow(expect.objectContaining(error));
    expect(() => setDistillWeight(loss, 1)).toThrow('There are "reconstruction"');
  });
});
