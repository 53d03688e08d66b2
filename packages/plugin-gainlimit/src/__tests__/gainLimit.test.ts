import {loadRuntime} from '@rife-train/engine';
import {PluginProbe, probeTrace} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {gainLimit, gainOf} from '../index.js';
import {LayerGains} from '../layerGains.js';

beforeAll(() => loadRuntime());

const NAME = 'block0.convblock.0.0.weight';
const OTHER = 'unet.down0.conv1.0.weight';
/** [3,3,2,2] with the given gain in one direction and a quarter of it in the other. */
const kernel = (gain: number) =>
  tf.mul(tf.tensor4d([1, 0, 0, 0.25], [1, 1, 2, 2]), tf.fill([3, 3, 1, 1], gain / 9)) as tf.Tensor4D;

const BIAS = 'block0.convblock.0.0.bias';

/**
 * Passes one update of the plugin, from gain `from` to gain `to` of both layers; returns the gain
 * that is left, and the logs.
 */
function update(probe: PluginProbe, to: number, {layer = NAME, from = to} = {}) {
  const bias = tf.ones([2]);
  const parameters = (gain: number) => ({[NAME]: kernel(gain), [OTHER]: kernel(gain), [BIAS]: bias});
  const trace = probeTrace({parameters: parameters(from)});
  const next = probe.pass('parameters', parameters(to), trace) as Record<string, tf.Tensor>;
  return {
    left: gainOf(next[layer] as tf.Tensor4D).value.dataSync()[0]!,
    isBiasKept: next[BIAS] === bias,
    logs: trace.logs,
  };
}

/** One update and its step. */
async function step(probe: PluginProbe, to: number, from = to) {
  const {left, logs} = update(probe, to, {from});
  await probe.call('afterStep', {updated: true, logs});
  return {left, logs};
}

test('an update changes a gain by two percent at most', async () => {
  const probe = new PluginProbe(gainLimit());
  const {left, logs} = await step(probe, 3, 2);
  expect(left).toBeCloseTo(2.04, 4);
  expect(logs).toEqual({
    'gainlimit/change': expect.closeTo(0.5, 4),
    'gainlimit/shortened': 2,
    'gainlimit/largest': expect.closeTo(2, 4),
    'gainlimit/limited': 0,
    'gainlimit/block/block0': expect.closeTo(Math.log10(2), 4),
  });
  expect(update(probe, 1, {from: 2}).left).toBeCloseTo(1.96, 4);
  expect(update(probe, 3, {from: 2, layer: OTHER}).left).toBeCloseTo(2.04, 4);
});

test('only the layers that a pattern names are shortened', () => {
  const probe = new PluginProbe(gainLimit({layers: /^block/}));
  expect(update(probe, 3, {from: 2}).left).toBeCloseTo(2.04, 4);
  expect(update(probe, 3, {from: 2, layer: OTHER}).left).toBeCloseTo(3, 4);
});

test('change false measures alone', async () => {
  const {left, logs} = await step(new PluginProbe(gainLimit({change: false})), 40, 2);
  expect(left).toBeCloseTo(40, 3);
  expect(logs).toMatchObject({'gainlimit/shortened': 0, 'gainlimit/change': expect.closeTo(19, 3)});
});

test('an update cannot raise a gain beyond the limit', async () => {
  const probe = new PluginProbe(gainLimit({limit: 1.5}));
  await step(probe, 1.1);
  const {left, logs} = await step(probe, 4);
  expect(left).toBeCloseTo(1.5, 4);
  expect(logs).toMatchObject({
    'gainlimit/largest': expect.closeTo(4, 4),
    'gainlimit/limited': 1,
    'gainlimit/block/block0': expect.closeTo(Math.log10(4), 4),
  });
  expect(update(probe, 1.2).left).toBeCloseTo(1.2, 5);
});

test('a layer may keep what it starts with', async () => {
  const probe = new PluginProbe(gainLimit({limit: 1.5}));
  expect((await step(probe, 3)).left).toBeCloseTo(3, 4);
  expect((await step(probe, 5)).left).toBeCloseTo(3, 4);
});

test('other tensors are not touched', () => {
  const probe = new PluginProbe(gainLimit({limit: 0.1}));
  expect(update(probe, 5, {layer: OTHER}).left).toBeCloseTo(5, 4);
  expect(update(probe, 5).isBiasKept).toBe(true);
});

test('a pattern that matches no convolution is refused', () => {
  const refusal = expect.objectContaining({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    plugin: 'rife:gainlimit',
    message: expect.stringContaining(`a convolution, such as ${OTHER}`),
  });
  expect(() => update(new PluginProbe(gainLimit({layers: /^body/})), 1)).toThrow(refusal);
});

test('limit without a pattern is refused where no layer has the names that it knows', () => {
  const parameters = {'body.weight': kernel(1)};
  const probe = new PluginProbe(gainLimit({limit: 1.5}));
  expect(() => probe.pass('parameters', parameters, probeTrace({parameters}))).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_PLUGIN_OPTION'}),
  );
});

test('a step that was skipped is ignored', async () => {
  const probe = new PluginProbe(gainLimit({limit: 1.5}));
  await probe.call('afterStep', {updated: false, logs: {}});
  expect((await step(probe, 3)).left).toBeCloseTo(3, 4);
});

test('what a layer started with goes through checkpoints', () => {
  const [a, b] = [new LayerGains(1.5), new LayerGains(1.5)];
  a.observe({x: 2.5, y: 1});
  b.load(JSON.parse(JSON.stringify(a.save())));
  b.observe({x: 9, y: 9});
  expect([b.bound('x'), b.bound('y')]).toEqual([2.5, 1.5]);
  b.load(undefined);
  expect(b.bound('x')).toBeGreaterThan(1e38);
});

test('a gain that is not finite is no baseline', () => {
  const gains = new LayerGains(1.5);
  expect(gains.observe({x: NaN}).limited).toBe(0);
  gains.observe({x: 1});
  expect(gains.bound('x')).toBe(1.5);
});

test.each([
  [{change: 0}],
  [{change: 'all'}],
  [{limit: 0}],
  [{limit: NaN}],
  [{limit: 'low'}],
  [{layers: 'block0'}],
  [{max: 1}],
])('refuses %j', options => {
  expect(() => gainLimit(options as never)).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_PLUGIN_OPTION'}),
  );
});
