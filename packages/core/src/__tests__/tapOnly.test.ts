import {HOOK_NAMES, createHooks} from '../plugins/hooks.js';
import {tapOnlyHooks} from '../plugins/tapOnly.js';

describe('the hooks that plugins get', () => {
  const hooks = createHooks();
  const view = tapOnlyHooks(hooks, 'me:me');

  test('have no way to be fired', () => {
    for (const name of HOOK_NAMES)
      for (const method of ['call', 'callAsync', 'promise', 'intercept'])
        expect(view[name]).not.toHaveProperty(method);
    expect(() => Object.assign(view, {flow: 1})).toThrow(TypeError);
  });

  test('name their taps after the plugin and keep order options', () => {
    view.done.tap('any', () => {});
    view.done.tap({name: 'any', stage: -1}, () => {});
    view.done.withOptions({stage: -2}).tap('any', () => {});
    expect(view.done.taps.map(({name, stage}) => [name, stage])).toEqual([
      ['me:me', -2],
      ['me:me', -1],
      ['me:me', undefined],
    ]);
    expect(view.done.isUsed()).toBe(true);
    expect(view.save.isUsed()).toBe(false);
  });

  test('refuse a name that does not exist and list those that do', () => {
    expect(() => (view as never as Record<string, unknown>)['afterUpdate']).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_HOOK_UNKNOWN', plugin: 'me:me', hook: 'afterUpdate'}),
    );
  });
});
