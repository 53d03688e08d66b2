import {optionError} from '@rife-train/errors';
import type {RifePlugin} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {checkPlugin, orderPlugins} from '../plugins/registry.js';
import {makeTrainer, rejection} from './helpers/harness.js';

const plugin = (name: string, after: string[] = [], apply: RifePlugin['apply'] = () => {}): RifePlugin =>
  definePlugin({name, after, apply});

describe('what is not a plugin is refused', () => {
  function gradClip() {
    return plugin('rife:gradclip');
  }

  test('a factory that was not called, with the fix to paste', () => {
    expect(() => makeTrainer({plugins: [gradClip as never]})).toThrow(
      expect.objectContaining({
        code: 'RIFE_ERR_PLUGIN_INVALID',
        message: expect.stringContaining('`gradClip` was passed without calling it. Write `gradClip()`'),
      }),
    );
  });

  test.each<[string, unknown, string]>([
    ['a Promise', Promise.resolve(gradClip()), 'A Promise was passed'],
    ['a string', 'gradclip', '"gradclip" was passed as a plugin'],
    ['undefined', undefined, 'undefined was passed as a plugin'],
    ['a list', [gradClip()], 'was passed as a plugin'],
    ['no name', {apply() {}}, 'without a name'],
    ['no apply', {name: 'a:b'}, 'Plugin "a:b" has no apply function'],
  ])('%s', (_, candidate, message) => {
    expect(() => checkPlugin(candidate)).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_INVALID', message: expect.stringContaining(message)}),
    );
  });

  test('one that definePlugin did not make, or for another contract', () => {
    const made = gradClip();
    const {apiVersion: _version, core: _core, ...plain} = made;
    const refusal = (message: string) =>
      expect.objectContaining({
        code: 'RIFE_ERR_PLUGIN_API',
        plugin: 'rife:gradclip',
        message: expect.stringContaining(message) as string,
      }) as Error;
    expect(() => checkPlugin(plain)).toThrow(refusal('was not made by definePlugin'));
    expect(() => checkPlugin({...made, apiVersion: 2})).toThrow(refusal('version 2 of the plugin contract'));
  });

  test('one of another copy of core, with both places', () => {
    const other = {...gradClip(), core: 'file:///elsewhere/core/dist/'};
    expect(() => checkPlugin(other)).toThrow(
      expect.objectContaining({
        code: 'RIFE_ERR_PLUGIN_TWO_CORES',
        message: expect.stringMatching(/file:\/\/\/elsewhere\/core\/dist\/.*core\/src/) as string,
      }),
    );
  });

  test('a second one of the same name', () => {
    expect(() => makeTrainer({plugins: [gradClip(), gradClip()]})).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_DUPLICATE', plugin: 'rife:gradclip'}),
    );
    const {trainer} = makeTrainer({plugins: [gradClip()]});
    expect(() => trainer.use(gradClip())).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_DUPLICATE'}),
    );
  });

  test('one that comes while the run is on', async () => {
    const {trainer} = makeTrainer({config: {steps: 1}});
    trainer.hooks.beforeStep.tap('late', () => void trainer.use(gradClip()));
    expect(await rejection(trainer.run())).toMatchObject({
      code: 'RIFE_ERR_PLUGIN_LATE',
      plugin: 'rife:gradclip',
    });
  });
});

describe('order', () => {
  const names = (plugins: RifePlugin[]) => orderPlugins(plugins).map(({name}) => name);

  test('is that of the configuration, changed only where `after` asks for it', () => {
    expect(names([plugin('a'), plugin('b'), plugin('c')])).toEqual(['a', 'b', 'c']);
    expect(names([plugin('a', ['c']), plugin('b'), plugin('c', ['absent'])])).toEqual(['c', 'a', 'b']);
    expect(names([plugin('a', ['b']), plugin('b', ['c']), plugin('c')])).toEqual(['c', 'b', 'a']);
  });

  test('`stage` comes before the order of the configuration, `before` and `after` win over both', () => {
    const at = (name: string, more: Partial<RifePlugin>) => definePlugin({name, apply: () => {}, ...more});
    expect(names([at('a', {stage: 1}), at('b', {}), at('c', {stage: -1})])).toEqual(['c', 'b', 'a']);
    expect(names([at('a', {}), at('b', {before: ['a', 'absent']})])).toEqual(['b', 'a']);
    expect(names([at('late', {stage: 9, before: ['a']}), at('a', {}), at('b', {})])).toEqual([
      'late',
      'a',
      'b',
    ]);
    expect(() => names([at('a', {before: ['b']}), at('b', {before: ['a']})])).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_ORDER'}),
    );
  });

  test('taps run in the same order', async () => {
    const ran: string[] = [];
    const spy = (name: string, after: string[] = []) =>
      plugin(name, after, ({hooks}) => hooks.beforeStep.tap('x', () => void ran.push(name)));
    const {trainer} = makeTrainer({plugins: [spy('a', ['c']), spy('b'), spy('c')], config: {steps: 1}});
    await trainer.use(spy('d')).run();
    expect(ran).toEqual(['c', 'a', 'b', 'd']);
  });

  test('a circle is refused with its names', () => {
    expect(() => orderPlugins([plugin('x', ['a']), plugin('a', ['b']), plugin('b', ['a'])])).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_ORDER', message: expect.stringContaining('"a", "b"')}),
    );
  });
});

describe('apply', () => {
  test('a failure names the plugin', async () => {
    const broken = plugin('a:broken', [], () => {
      throw new Error('no');
    });
    const error = await rejection(makeTrainer({plugins: [broken]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN', plugin: 'a:broken', hook: 'apply'});
  });

  test('a coded error of the plugin itself stays as it is', async () => {
    const broken = plugin('a:broken', [], () => {
      throw optionError('a:broken', 'bound', 0, 'above 0');
    });
    const error = await rejection(makeTrainer({plugins: [broken]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'a:broken'});
    expect(error.message).toContain('option "bound" must be above 0, but got 0');
  });

  test('must be synchronous', async () => {
    const slow = plugin('a:slow', [], (async () => {}) as never);
    const error = await rejection(makeTrainer({plugins: [slow]}).trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'a:slow', hook: 'apply'});
  });

  test('plugins write lines under their name', async () => {
    const reader = plugin('a:reader', [], ({log}) => log('hello'));
    const {trainer, lines} = makeTrainer({plugins: [reader], config: {steps: 1}});
    await trainer.run();
    expect(lines).toContain('[a:reader] hello');
  });

  test('plugins see the configuration, and warn under their name', async () => {
    const seen: number[] = [];
    const reader = plugin('a:reader', [], trainer => {
      seen.push(trainer.config.steps);
      trainer.hooks.config.tap('x', config => ({...config, steps: 2}));
      trainer.hooks.beforeStep.tap('x', () => void seen.push(trainer.config.steps));
      trainer.warn('careful');
    });
    const {trainer, lines} = makeTrainer({plugins: [reader], config: {steps: 1}});
    await trainer.run();
    expect(seen).toEqual([1, 2, 2]);
    expect(lines).toContain('warning: [a:reader] careful');
  });
});
