/** Weight over the run, what is handed to the model, and what is refused. */
import '@tensorflow/tfjs-backend-cpu';
import type {ModelOptions} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {distill, scheduledWeight, setDistillWeight, type DistillOptions} from '../index.js';
import {at, ifnetLoss, numbers, run, tapsOf} from './support.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

describe('weight', () => {
  test("is the model's own by default", () => {
    expect(run(undefined).result.weights).toEqual({reconstruction: 1, teacher: 1, distill: 0.01});
    const loss = ifnetLoss();
    const weights = {...loss.weights, distill: 0.005};
    const {result, logs} = run(undefined, {loss: {...loss, weights}});
    expect(result.weights['distill']).toBe(0.005);
    expect(numbers(logs['distill/weight'])[0]).toBeCloseTo(0.005, 8);
  });

  test.each([0, 0.5, 20])('as the number %p is a constant, and is logged', weight => {
    const {result, logs, declared} = run({weight});
    expect(result.weights).toEqual({reconstruction: 1, teacher: 1, distill: weight});
    expect(numbers(logs['distill/weight'])[0]).toBeCloseTo(weight, 6);
    expect([...declared]).toEqual([]);
  });

  test('as a function is declared, evaluated and logged', () => {
    const {result, logs, declared} = run({weight: ({step}) => step / 4}, {progress: at(0.5)});
    expect(numbers(result.weights['distill'])).toEqual([125]);
    expect(numbers(logs['distill/weight'])).toEqual([125]);
    expect([...declared.keys()]).toEqual(['distill.weight']);
  });

  test('is declared by the same function at every trace', () => {
    const {declared, again} = run({schedule: {from: 0, to: 1}});
    const first = declared.get('distill.weight');
    again();
    expect(declared.get('distill.weight')).toBe(first);
  });

  test('follows the schedule', () => {
    const {result} = run({schedule: {from: 0, to: 1, over: [0.25, 0.75]}}, {progress: at(0.5)});
    expect(numbers(result.weights['distill'])).toEqual([0.5]);
  });

  test('leaves terms and what it was given alone', () => {
    const loss = ifnetLoss();
    const {result} = run({weight: 0}, {loss});
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

  test('steps jump exactly where they say', () => {
    const steps = [
      {at: 0.25, to: 0.005},
      {at: 0.5, to: 0},
    ];
    const fractions = [0, 0.2499, 0.25, 0.4999, 0.5, 1];
    expect(fractions.map(fraction => scheduledWeight({from: 0.01, steps}, fraction))).toEqual([
      0.01, 0.01, 0.005, 0.005, 0, 0,
    ]);
  });
});

describe('what lives inside the model', () => {
  const model: ModelOptions = {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90]};

  test('is left alone unless it is asked for', () => {
    expect(tapsOf({weight: 1, adapt: {flow: 4}}).model).toBeUndefined();
  });

  test('is handed on, and nothing else', () => {
    const options = {root: 'reference', stages: [1, 0.5, 0.25]} as const;
    expect(tapsOf(options).model!(model)).toEqual({...model, distill: options});
    expect(tapsOf({margin: 0.02, teacherInput: 'detached'}).model!(model)).toEqual({
      ...model,
      distill: {margin: 0.02, teacherInput: 'detached'},
    });
  });

  test('what another plugin has set stays', () => {
    const before = {...model, distill: {margin: 0.5, root: 'safe' as const}};
    expect(tapsOf({margin: 0.02}).model!(before).distill).toEqual({margin: 0.02, root: 'safe'});
  });
});

test('reads flows after every tap that changes them, and changes no prediction', () => {
  expect(tapsOf({adapt: {flow: 4}}).stages).toEqual({flow: 1000, afterLoss: 0});
  expect(distill().changesPrediction ?? false).toBe(false);
});

describe('errors', () => {
  const schedule = {from: 0, to: 1};
  const NUMBER = 'It must be a finite number, 0 or more';
  test.each<[option: string, options: unknown, expected: string]>([
    ['', null, ''],
    ['', {wieght: 1}, 'has no option "wieght". Did you mean "weight"?'],
    ['weight', {weight: -1}, `${NUMBER}, or a function of progress`],
    ['weight', {weight: NaN}, NUMBER],
    ['weight', {weight: '1'}, NUMBER],
    ['schedule', {weight: 1, schedule}, 'absent if "weight" is set'],
    ['schedule', {schedule: 3}, ''],
    ['schedule.from', {schedule: {to: 1}}, NUMBER],
    ['schedule.to', {schedule: {from: 0, to: Infinity}}, NUMBER],
    ['schedule.over', {schedule: {...schedule, over: [0.5, 0.5]}}, 'two rising fractions'],
    ['schedule.over.1', {schedule: {...schedule, over: [0, 2]}}, 'two rising fractions'],
    ['schedule.shape', {schedule: {...schedule, shape: 'step'}}, 'It must be "linear" or "cosine"'],
    [
      '',
      {schedule: {...schedule, until: 1}},
      'has no option "schedule.until". Options here are schedule.from,',
    ],
    ['schedule.steps', {schedule: {from: 1, steps: []}}, 'steps at rising fractions'],
    [
      'schedule.steps',
      {
        schedule: {
          from: 1,
          steps: [
            {at: 0.5, to: 0},
            {at: 0.5, to: 1},
          ],
        },
      },
      'rising fractions',
    ],
    ['schedule.steps.0.to', {schedule: {from: 1, steps: [{at: 0.5, to: -1}]}}, NUMBER],
    ['adapt.crop', {adapt: {crop: 0}}, 'It must be a finite number above 0'],
    ['adapt.flow', {adapt: {flow: 4, gap: 1}}, 'leave those two out'],
    ['adapt.flow', {adapt: {flow: 4, crop: 1}}, 'leave those two out'],
    ['margin', {margin: -0.01}, NUMBER],
    ['root', {root: 'none'}, 'It must be "safe" or "reference"'],
    ['stages', {stages: [0, 0]}, 'One of the factors must be above 0'],
    ['stages.1', {stages: [1, -1]}, NUMBER],
    ['teacherInput', {teacherInput: true}, 'It must be "live" or "detached"'],
  ])('option %s of %j', (option, options, expected) => {
    const error = {code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:distill'};
    expect(() => distill(options as DistillOptions)).toThrow(expect.objectContaining(error));
    expect(() => distill(options as DistillOptions)).toThrow(expected);
    if (option) expect(() => distill(options as DistillOptions)).toThrow(`option "${option}" is `);
  });

  test.each([NaN, -1, undefined, '1'])('a function that returns %p', returned => {
    const weight = () => returned as number;
    expect(() => run({weight}, {progress: at(0.25)})).toThrow(
      /option "weight" must be a function that returns .* \(step 250\)/,
    );
  });

  test('a model without the term', () => {
    const loss = {terms: {reconstruction: tf.tensor1d([1])}, weights: {reconstruction: 1}};
    const error = {code: 'RIFE_ERR_PLUGIN_LOSS_TERM', plugin: 'rife:distill', hook: 'afterLoss'};
    expect(() => run({weight: 1}, {loss})).toThrow(expect.objectContaining(error));
    expect(() => setDistillWeight(loss, 1)).toThrow('There are "reconstruction"');
  });

  test('a weight by flow, of a model that shows none', () => {
    expect(() => run({adapt: {flow: 4}})).toThrow('option "adapt.flow" must be left out');
  });
});
