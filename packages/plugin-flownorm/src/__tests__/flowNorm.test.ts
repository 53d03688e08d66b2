/** The plugin on its hooks: what it taps, changes, logs and keeps; and what it refuses. */
import '@tensorflow/tfjs-backend-cpu';
import type {CheckpointContext, FlowInfo, PluginTrainer, StepMetrics, Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {flowNorm, type FlowNormOptions} from '../index.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

type Tap = (...args: never[]) => unknown;

/** A trainer that keeps the taps of one plugin, and calls them in order. */
function trainerWith(options?: FlowNormOptions) {
  const taps: Record<string, Tap[]> = {};
  const flowStages: number[] = [];
  const hook = (name: string) => ({
    tap(options: string | {stage?: number}, fn: Tap) {
      (taps[name] ??= []).push(fn);
      if (name === 'flow') flowStages.push((options as {stage?: number}).stage ?? 0);
    },
  });
  const names = ['flow', 'afterStep', 'save', 'load'];
  const hooks = Object.fromEntries(names.map(name => [name, hook(name)]));
  const warnings: string[] = [];
  const config = {data: {crop: [64, 96]}};
  const trainer = {hooks, config, warn: (text: string) => warnings.push(text)};
  const plugin = flowNorm(options);
  plugin.apply(trainer as unknown as PluginTrainer);
  const call = (name: string, ...args: unknown[]) =>
    (taps[name] ?? []).forEach(tap => void tap(...(args as never[])));
  const flow = (x: tf.Tensor4D, info: FlowInfo, trace: Trace) =>
    (taps['flow'] ?? []).reduce((value, tap) => tap(...([value, info, trace] as never[])) as tf.Tensor4D, x);
  return {plugin, tapped: Object.keys(taps), flowStages, warnings, call, flow};
}

/** Records logs and declared scalars. */
function traceOf(training = true) {
  const logs: Record<string, number> = {};
  const scalars = new Map<string, () => number>();
  const trace = {
    training,
    log: (key: string, value: tf.Scalar) => (logs[key] = value.dataSync()[0]!),
    scalar(name: string, value: () => number) {
      if (scalars.has(name) && scalars.get(name) !== value) throw new Error(`another function for ${name}`);
      scalars.set(name, value);
      return tf.scalar(value());
    },
  };
  return {trace: trace as unknown as Trace, logs, scalars};
}

const info = (stage: number): FlowInfo => ({block: `block${stage}`, stage, scale: 1, role: 'student'});
const image = (value: number) => tf.fill([1, 64, 96, 4], value) as tf.Tensor4D;
const pixel = (x: tf.Tensor4D) => x.arraySync()[0]![0]![0]!;
const metrics = (step: number, maxFlow: number, logs: Record<string, number> = {}, updated = true) =>
  ({progress: {step, steps: 100, fraction: step / 100}, maxFlow, logs, updated}) as unknown as StepMetrics;

describe('by default', () => {
  test('it looks on: the flow is handed back as it is, predictions need no plugin', () => {
    const {plugin, flow, tapped} = trainerWith();
    const {trace, logs, scalars} = traceOf();
    const x = image(1e6);
    expect(flow(x, info(0), trace)).toBe(x);
    const small = image(0.01);
    expect(flow(small, info(1), trace)).toBe(small);
    expect([logs, scalars.size]).toEqual([{'flownorm/absorbed/block1': 1}, 0]);
    expect(plugin.changesPrediction).toBe(false);
    expect(tapped.sort()).toEqual(['afterStep', 'flow', 'load', 'save']);
  });

  test('it measures against the shorter side of the crop, and warns once', () => {
    const {call, warnings} = trainerWith();
    const steps = [10, 64, 65, 700].map((maxFlow, step) => metrics(step, maxFlow));
    steps.forEach(step => call('afterStep', step));
    expect(steps.map(({logs}) => [logs['flownorm/share'], logs['flownorm/alarm']])).toEqual([
      [10 / 64, 0],
      [1, 0],
      [65 / 64, 1],
      [700 / 64, 1],
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('step 3: the flow runs away: the largest |flow| is 65 px'),
    ]);
  });

  test('it takes the lost corrections from the logs of the step', () => {
    const {call, warnings} = trainerWith();
    call('afterStep', metrics(0, 1, {'flownorm/absorbed/block1': 0, 'flownorm/absorbed/block_tea': 0.5}));
    expect(warnings).toEqual([expect.stringContaining('50 % of the pixels of block_tea')]);
  });

  test('nothing is logged while a prediction is traced', () => {
    const {flow} = trainerWith({bound: {pixels: 8}, normalize: {by: 'running', limit: 8}});
    const {trace, logs} = traceOf(false);
    expect(pixel(flow(image(1), info(0), trace))).toEqual([1, 1, 1, 1]);
    expect(logs).toEqual({});
  });
});

test('turned off it taps nothing', () => {
  expect(trainerWith({watch: false}).tapped).toEqual([]);
});

test('by size, then bounded, then measured', () => {
  const options: FlowNormOptions = {normalize: {by: 'size', reference: 32}, bound: {pixels: [48, 2e6]}};
  const {flow, plugin, flowStages} = trainerWith(options);
  // After the taps of others; the observing tap is after all that change the flow.
  expect(flowStages).toEqual([100, 100, 1000]);
  const {trace, logs} = traceOf();
  // x: 24 * 96 / 32 = 72 is 48 above the knee of 24; y: 24 * 64 / 32 = 48 is 24 above it.
  expect(pixel(flow(image(24), info(0), trace))).toEqual([40, 36, 40, 36]);
  expect(pixel(flow(image(1e-7), info(1), trace))[0]).toBeCloseTo(3e-7, 12);
  expect(logs).toEqual({
    'flownorm/bounded/block0': 1,
    'flownorm/bounded/block1': 0,
    // 3e-7 added to 40 is lost in all four channels.
    'flownorm/absorbed/block1': 1,
  });
  expect(plugin.changesPrediction).toBe(true);
});

describe('by running size', () => {
  const OPTIONS: FlowNormOptions = {normalize: {by: 'running', limit: 8, over: 2}, watch: false};

  test('scales by the steps before, each block on its own', () => {
    const {flow, call, plugin} = trainerWith(OPTIONS);
    const {trace, logs, scalars} = traceOf();
    expect(pixel(flow(image(-32), info(0), trace))[0]).toBe(-32);
    expect(logs).toEqual({'flownorm/size/block0': 32, 'flownorm/factor/block0': 1});
    call('afterStep', metrics(0, 32, logs));
    expect(pixel(flow(image(-32), info(0), traceOf().trace))[0]).toBe(-8);
    expect(pixel(flow(image(-32), info(1), traceOf().trace))[0]).toBe(-32);
    expect(scalars.get('flownorm.block0')!()).toBe(0.25);
    expect(plugin.changesPrediction).toBe(true);
  });

  test('a step that was skipped does not count', () => {
    const {flow, call} = trainerWith(OPTIONS);
    call('afterStep', metrics(0, 32, {'flownorm/size/block0': 32}, false));
    expect(pixel(flow(image(1), info(0), traceOf().trace))[0]).toBe(1);
  });

  test('declares the same function at every trace, for predictions too', () => {
    const {flow} = trainerWith(OPTIONS);
    const {trace} = traceOf();
    const twice = () => [0, 1].map(stage => flow(image(1), info(stage), {...trace, training: false}));
    twice();
    expect(twice).not.toThrow();
  });
});

test('state goes through a checkpoint, and is what the next step needs', () => {
  const options: FlowNormOptions = {normalize: {by: 'running', limit: 8}, watch: {window: 3}};
  const [first, second] = [trainerWith(options), trainerWith(options)];
  [5, 70, 6].forEach((flow, step) =>
    first.call('afterStep', metrics(step, flow, {'flownorm/size/block0': flow})),
  );
  const context: CheckpointContext = {step: 3, directory: '', plugins: {}};
  first.call('save', context);
  second.call('load', JSON.parse(JSON.stringify(context)));
  const factors = [first, second].map(({flow}) => pixel(flow(image(1), info(0), traceOf().trace))[0]);
  // The mean of 5, 70 and 6 is 27.
  expect(factors).toEqual([Math.fround(8 / 27), Math.fround(8 / 27)]);
  // The episode was reported before the checkpoint.
  second.call('afterStep', metrics(3, 80));
  expect([first.warnings.length, second.warnings.length]).toEqual([1, 0]);
  second.call('load', {...context, plugins: {}});
  second.call('afterStep', metrics(4, 80));
  expect(second.warnings).toHaveLength(1);
});

test.each<[option: string, options: unknown, expected: string]>([
  ['', null, ''],
  ['', {bond: {}}, 'has no option "bond". Did you mean "bound"?'],
  ['', {watch: {windo: 3}}, 'has no option "watch.windo". Did you mean "watch.window"?'],
  ['normalize.by', {normalize: {by: 'magic'}}, "It must be false, {by: 'size'} or"],
  ['normalize', {normalize: true}, 'It must be false'],
  ['normalize.limit', {normalize: {by: 'running'}}, 'It must be a finite number above 0'],
  ['normalize.over', {normalize: {by: 'running', limit: 8, over: 1.5}}, 'It must be a whole number above 0'],
  ['normalize.reference', {normalize: {by: 'size', reference: 0}}, 'It must be a finite number above 0'],
  ['bound', {bound: {}}, 'It must have one of "pixels" and "share"'],
  ['bound', {bound: {pixels: 8, share: 0.5}}, 'It must have one of "pixels" and "share"'],
  ['bound.pixels', {bound: {pixels: -1}}, 'It must be a finite number above 0'],
  ['bound.pixels.1', {bound: {pixels: [8, 0]}}, 'It must be a finite number above 0'],
  ['bound.share', {bound: {share: 'half'}}, 'It must be a finite number above 0, or a list of them'],
  ['bound.pixels', {bound: {pixels: []}}, 'It must be a finite number above 0, or a list of them'],
  ['bound.knee', {bound: {pixels: 8, knee: 1}}, 'It must be a number above 0 and below 1'],
  ['watch.share', {watch: {share: 0}}, 'It must be a finite number above 0'],
  ['watch.growth', {watch: {growth: 1}}, 'It must be a number above 1'],
  ['watch.window', {watch: {window: 0}}, 'It must be a whole number above 0'],
  ['watch.absorbed', {watch: {absorbed: 2}}, 'It must be a number above 0, up to 1'],
  ['watch', {watch: 3}, ''],
])('refuses option %s of %j', (option, options, expected) => {
  const error = {code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:flownorm'};
  expect(() => flowNorm(options as FlowNormOptions)).toThrow(expect.objectContaining(error));
  expect(() => flowNorm(options as FlowNormOptions)).toThrow(expected);
  if (option) expect(() => flowNorm(options as FlowNormOptions)).toThrow(`option "${option}" is `);
});
