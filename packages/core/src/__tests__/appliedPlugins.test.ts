import * as tf from '@tensorflow/tfjs-core';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {applyPlugins} from '../plugins/appliedPlugins.js';
import type {CheckpointContext, RifePlugin, Trace} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import type {Frame} from '../predict/frames.js';
import {Logger} from '../log/logger.js';
import {openPredictor} from '../predict/predictor.js';
import {fakeNetwork} from './helpers/fakeModel.js';
import {TestEngine} from './helpers/eagerProgram.js';
import {FakeModel} from './helpers/fakeModel.js';
import {makeTrainer, rejection} from './helpers/harness.js';

const OPTIONS = {name: 'Fake', scales: [4, 2, 1], widths: [2, 2, 2]};
const CONFIG = {data: {root: 'clips'}, steps: 8};
const frame = (seed: number): Frame => ({
  height: 2,
  width: 2,
  data: Uint8Array.from({length: 12}, (_, i) => (i * 37 + seed * 101) & 255),
});

/** A plugin that scales the flow by a declared scalar and, on request, by the gap. */
const scaling = (
  value: (step: number) => number,
  more: (flow: tf.Tensor4D, trace: Trace) => tf.Tensor4D = flow => flow,
): RifePlugin => {
  const scalarOf = ({step}: {step: number}) => value(step);
  return definePlugin({
    name: 'test:scaling',
    changesPrediction: true,
    apply: ({hooks}) =>
      hooks.flow.tap('x', (flow, _info, trace) =>
        more(tf.mul<tf.Tensor4D>(flow, trace.scalar('scaling.factor', scalarOf)), trace),
      ),
  });
};

/** The flow of a pixel, as a predictor with these plugins sees it. */
async function flowWith(
  plugins: RifePlugin[],
  checkpoint?: {step: number; plugins: Record<string, unknown>},
  gap?: number,
): Promise<number> {
  const model = new FakeModel(OPTIONS);
  const applied = await applyPlugins({
    config: {...CONFIG, plugins},
    checkpoint: checkpoint && {...checkpoint, steps: 8, directory: 'run/checkpoints'},
  });
  const parts = {engine: new TestEngine(), model, weights: model.initialize(1)};
  const predictor = openPredictor({...parts, ...(plugins.length > 0 ? {plugins: applied} : {})});
  const {flow} = await predictor.predict(frame(0), frame(1), 0.5, {
    details: true,
    ...(gap === undefined ? {} : {gap}),
  });
  await predictor.close();
  return flow![4]!;
}

test('taps on flow are applied; scalars have the value of the checkpoint, else of the last step', async () => {
  const stock = await flowWith([]);
  expect(stock).not.toBe(0);
  expect(await flowWith([scaling(() => 3)])).toBeCloseTo(3 * stock, 5);
  const plugins = [scaling(step => 1 + step)];
  expect(await flowWith(plugins, {step: 4, plugins: {}})).toBeCloseTo(5 * stock, 5);
  expect(await flowWith(plugins)).toBeCloseTo(9 * stock, 5);
});

test('load taps get the state of the checkpoint, before the first graph', async () => {
  let factor = 1;
  const seen: CheckpointContext[] = [];
  const scaled = scaling(() => factor);
  const withState = definePlugin({
    ...scaled,
    apply(trainer) {
      scaled.apply(trainer);
      trainer.hooks.load.tapPromise('x', async context => {
        seen.push(context);
        factor = (context.plugins['test:scaling'] as {factor: number}).factor;
      });
    },
  });
  const stock = await flowWith([]);
  const state = {'test:scaling': {factor: 7}};
  expect(await flowWith([withState], {step: 4, plugins: state})).toBeCloseTo(7 * stock, 5);
  expect(seen).toEqual([{step: 4, directory: 'run/checkpoints', plugins: state}]);
});

test('the gap that taps see is 1, or that of the frame', async () => {
  const byGap = scaling(
    () => 1,
    (flow, {gap}) => tf.mul<tf.Tensor4D>(flow, tf.reshape(gap, [1, 1, 1, 1])),
  );
  const stock = await flowWith([]);
  expect(await flowWith([byGap])).toBeCloseTo(stock, 6);
  expect(await flowWith([byGap], undefined, 4)).toBeCloseTo(4 * stock, 5);
});

test('taps of config and model are called; lines go to the logger', async () => {
  const lines: string[] = [];
  const plugin = definePlugin({
    name: 'test:wide',
    apply({hooks, log, warn}) {
      log('hello');
      warn('careful');
      hooks.config.tap('x', config => ({...config, model: {...config.model, name: 'Changed'}}));
      hooks.model.tap('x', options => ({...options, widths: options.widths!.map(w => 2 * w)}));
    },
  });
  const applied = await applyPlugins({
    networks: [fakeNetwork()],
    config: {...CONFIG, plugins: [plugin]},
    logger: new Logger({line: (text, level) => lines.push(`${level} ${text}`)}),
  });
  expect(lines).toEqual(['info [test:wide] hello', 'warn [test:wide] careful']);
  expect(applied.modelOptions()).toMatchObject({name: 'Changed', widths: [480, 300, 180]});
  expect(applied.modelOptions(OPTIONS)).toEqual({...OPTIONS, widths: [4, 4, 4]});
  expect(applied.plugins.map(({name}) => name)).toEqual(['test:wide']);
});

test('a tap that throws is named', async () => {
  const plugin = definePlugin({
    name: 'test:bad',
    apply: ({hooks}) =>
      hooks.load.tap('x', () => {
        throw new Error('no luck');
      }),
  });
  const checkpoint = {step: 1, steps: 8, directory: '', plugins: {}};
  const error = await rejection(applyPlugins({config: {...CONFIG, plugins: [plugin]}, checkpoint}));
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN', plugin: 'test:bad', hook: 'load'});
});

test('a checkpoint names the plugins that a prediction needs: those that say so and tap flow', async () => {
  const silent = definePlugin({...scaling(() => 1), name: 'test:watches', changesPrediction: false});
  const renamed = definePlugin({
    name: 'test:architecture',
    changesPrediction: true,
    apply: ({hooks}) => hooks.model.tap('x', options => options),
  });
  const changing = scaling(() => 1);
  const watches = definePlugin({
    ...silent,
    apply: ({hooks}) => hooks.flow.tap('x', flow => flow),
  });
  const plugins = [renamed, watches, changing];
  const applied = await applyPlugins({config: {...CONFIG, plugins}});
  expect(applied.predictionPlugins).toEqual(['test:scaling']);
  const {trainer, out} = makeTrainer({plugins, config: {steps: 2}});
  await trainer.run();
  const state = JSON.parse(
    readFileSync(path.join(out, 'checkpoints/step-00000002/state.json'), 'utf8'),
  ) as Record<string, unknown>;
  expect(state['predictionPlugins']).toEqual(['test:scaling']);
  expect(state['config']).toMatchObject({
    plugins: ['test:architecture', 'test:watches', 'test:scaling'],
  });
});
