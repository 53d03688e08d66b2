/**
 * Replay of recorded steps: the update after them, recorded scalars, the network without a plugin.
 */
import {
  definePlugin,
  describeUpdate,
  replay,
  type LoadedRecord,
  type ModelOptions,
  type RifePlugin,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {findEngines} from '../conformance/engines.js';
import {TINY, tinyConfig, TinyModel} from '../index.js';
import {HARM, plugin, withRecord, type Tap} from './helpers/records.js';

describe('the update runs after gradients that are finite', () => {
  /** A run that a plugin stops at once: its record is of a finite step. */
  const stopped = definePlugin({
    name: 'test:stop',
    apply: ({hooks}) => hooks.beforeUpdate.tap('test', () => ({stop: 'to look at it'})),
  });
  const gradients = (tap: Tap<'gradients'>) =>
    definePlugin({name: 'test:gradients', apply: ({hooks}) => hooks.gradients.tap('test', tap)});
  const again = (
    plugins: RifePlugin[],
    execution: 'captured' | 'eager' = 'captured',
    change: (loaded: LoadedRecord) => LoadedRecord = loaded => loaded,
  ) =>
    withRecord({plugins: [...plugins, stopped]}, async loaded => {
      const engine = (await findEngines())[execution]!;
      const config = {...tinyConfig({}, loaded.folder), plugins: [...plugins, stopped]};
      return replay({loaded: change(loaded), config, engine, networks: [TINY]});
    });
  /** Spoils the updates whose scalar is 0. */
  const divided = (scalar: number) =>
    gradients((given, trace) => {
      const by = trace.scalar('test.by', () => scalar);
      return Object.fromEntries(Object.entries(given).map(([name, x]) => [name, tf.div(x, by)]));
    });

  test('a healthy one is reported as such', async () => {
    const {examination, isFinite} = await again([]);
    expect(isFinite).toBe(true);
    expect(examination!.update).toEqual({others: [], brokenVariables: []});
  });

  test('a plugin that spoils gradients is named, and what it breaks', async () => {
    const {examination} = await again([divided(0)]);
    expect(examination).not.toHaveProperty('first');
    expect(examination!.update!.first).toMatchObject({
      op: expect.stringMatching(/Div/),
      scope: 'plugin test:gradients, hook gradients',
      fromOutside: false,
    });
    expect(examination!.update!.brokenVariables).toHaveLength(5);
    expect(describeUpdate(examination!)).toMatch(
      /^(Real)?Div in "plugin test:gradients, hook gradients" gave .*; not finite after it: \S+, /,
    );
  });

  test('AdamW is named where its square overflows', async () => {
    const {examination} = await again([divided(1e-25)]);
    expect(examination!.update!.first).toMatchObject({op: 'Square', scope: 'AdamW', fromOutside: false});
  });

  test.each(['captured', 'eager'] as const)('with the scalars of the record, %s', async execution => {
    const {examination} = await again([divided(1)], execution, loaded => {
      expect(loaded.record.updateScalars!['test.by']).toBe(1);
      const updateScalars = {...loaded.record.updateScalars!, 'test.by': 0};
      return {...loaded, record: {...loaded.record, updateScalars}};
    });
    expect(examination!.update!.first!.scope).toBe('plugin test:gradients, hook gradients');
  });

  test('also of a record of an older release, which has none', async () => {
    const {examination} = await again([divided(1)], 'captured', loaded => {
      const {updateScalars: _, ...record} = loaded.record;
      return {...loaded, record};
    });
    expect(examination!.update).toEqual({others: [], brokenVariables: []});
  });
});

test.each(['captured', 'eager'] as const)(
  'a replay has the recorded values of declared scalars, %s',
  async execution => {
    // Counts the steps, and keeps no state: as in a run, its scalar is another by then.
    let calls = 0;
    const drifting = plugin('test:drifting', ({terms, weights}, trace) => ({
      terms,
      weights: {...weights, teacher: trace.scalar('test.drift', () => ++calls)},
    }));
    await withRecord({plugins: [drifting, HARM]}, async loaded => {
      const engine = (await findEngines())[execution]!;
      const config = {...tinyConfig({}, loaded.folder), plugins: [drifting, HARM]};
      const networks = [TINY];
      const weights = {'test.drift': 0};
      const {terms} = await replay({loaded, config, engine, networks});
      expect(terms['harm']).toBeNaN();
      const {loss} = await replay({
        loaded: {...loaded, record: {...loaded.record, scalars: weights}},
        config: {...config, plugins: [drifting]},
        engine,
        networks,
      });
      expect(loss).toBeCloseTo(terms['reconstruction']! + 0.01 * terms['distill']!, 5);
    });
  },
);

test('a step of a run that averages its weights is replayed on the trained copy, with and without the plugin', async () => {
  const averaging = definePlugin({
    name: 'test:averages',
    apply: ({hooks}) =>
      hooks.averages.tap('test', averages =>
        Object.fromEntries(Object.entries(averages).map(([name, x]) => [name, tf.mul(x, 0.5)])),
      ),
  });
  // The third step fails: by then the averages are a quarter of the start.
  const failing = plugin('test:failing', ({terms, weights}, trace) => {
    const value = trace.scalar('test.failing', ({step}) => (step === 2 ? -1 : 1));
    return {terms: {...terms, bad: tf.mul(tf.log(value), terms['teacher']!)}, weights: {...weights, bad: 1}};
  });
  await withRecord({plugins: [averaging, failing], config: {steps: 3}}, async loaded => {
    const {captured} = await findEngines();
    for (const plugins of [[averaging, failing], [failing]]) {
      const config = {...tinyConfig({}, loaded.folder), plugins};
      const {differences, finite} = await replay({loaded, config, engine: captured!, networks: [TINY]});
      expect(differences).toEqual([]);
      expect(finite.same).toBeGreaterThan(3);
    }
  });
});

describe('a network that plugins made', () => {
  const model = (name: string, tap: Tap<'model'>) =>
    definePlugin({name, apply: ({hooks}) => hooks.model.tap(name, tap)});
  const deeper = model('test:deeper', options => ({
    ...options,
    scales: [8, ...options.scales],
    widths: [3, ...options.widths!],
  }));
  const coarser = model('test:coarser', options => ({
    ...options,
    scales: options.scales.map(scale => 2 * scale),
  }));
  /**
   * Replays a step of a run with HARM and a plugin that makes the network; returns the options that
   * were built.
   */
  const builtBy = (made: RifePlugin, left: (all: RifePlugin[]) => RifePlugin[]) =>
    withRecord({plugins: [made, HARM]}, async loaded => {
      const built: ModelOptions[] = [];
      const {captured: engine} = await findEngines();
      const config = {...tinyConfig({}, loaded.folder), plugins: left([made, HARM])};
      const create = (options: ModelOptions) => (built.push(options), new TinyModel(options));
      const networks = [{...TINY, create}];
      const done = await replay({loaded, config, engine: engine!, networks});
      return {...done, scales: built.at(-1)!.scales, configured: loaded.record.model.configured!.scales};
    });

  test('is the recorded one with the same plugins', async () => {
    const {scales, isSame, configured} = await builtBy(deeper, all => all);
    expect({scales, isSame, configured}).toEqual({
      scales: [8, 4, 2, 1],
      isSame: true,
      configured: [4, 2, 1],
    });
  });

  test('does not stay without its plugin: weights that do not fit are refused', async () => {
    await expect(builtBy(deeper, ([, harm]) => [harm!])).rejects.toMatchObject({
      code: 'RIFE_ERR_CHECKPOINT_MODEL',
      message: expect.stringContaining('belongs to another model'),
    });
  });

  test('nor where the weights fit', async () => {
    const {scales, isSame} = await builtBy(coarser, ([, harm]) => [harm!]);
    expect({scales, isSame}).toEqual({scales: [4, 2, 1], isSame: false});
  });

  test('stays where another plugin is left out', async () => {
    const {scales, isFinite} = await builtBy(coarser, ([made]) => [made!]);
    expect({scales, isFinite}).toEqual({scales: [8, 4, 2], isFinite: true});
  });
});
