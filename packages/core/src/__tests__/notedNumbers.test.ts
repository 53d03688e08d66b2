import type {PluginHooks} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {actingPlugin} from '../plugins/acting.js';
import {makeTrainer, rejection} from './helpers/harness.js';

const plugin = (apply: (hooks: PluginHooks) => void) =>
  definePlugin({name: 'test:notes', apply: ({hooks}) => apply(hooks)});
const failure = (apply: (hooks: PluginHooks) => void, config = {}) =>
  rejection(makeTrainer({plugins: [plugin(apply)], config}).trainer.run());

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

test.each([
  ['a BigInt', 5n, 'a BigInt'],
  ['a text', 'much', '"much"'],
  ['a cycle', cycle, 'an object'],
  ['nothing', undefined, 'undefined'],
])('%s in the logs of a step is an error of the plugin', async (_, value, shown) => {
  const error = await failure(hooks =>
    hooks.afterStep.tap('x', ({logs}) => void (logs['test/x'] = value as never)),
  );
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:notes', hook: 'afterStep'});
  expect(error.message).toContain(`logs["test/x"] to ${shown}`);
});

test.each(['scores', 'baselines'] as const)('so are %s of a validation', async field => {
  const error = await failure(
    hooks => hooks.validate.tap('x', validation => void (validation[field]['psnr'] = 'good' as never)),
    {validateEvery: 2},
  );
  expect(error).toMatchObject({plugin: 'test:notes', hook: 'validate'});
});

test('NaN is a number', async () => {
  const nan = plugin(hooks => hooks.afterStep.tap('x', ({logs}) => void (logs['test/x'] = NaN)));
  await expect(makeTrainer({plugins: [nan]}).trainer.run()).resolves.toMatchObject({reason: 'finished'});
});

test('a plugin acts in its functions, and in the timers and Promises that they start', async () => {
  const seen: (string | undefined)[] = [];
  const see = () => void seen.push(actingPlugin());
  const other = plugin(hooks => {
    see();
    hooks.beforeStep.tapPromise('x', async () => {
      await new Promise(resolve => setTimeout(resolve, 1));
      see();
    });
    hooks.afterStep.tap('x', see);
  });
  await makeTrainer({plugins: [other], config: {steps: 1}}).trainer.run();
  expect(seen).toEqual(['test:notes', 'test:notes', 'test:notes']);
  expect(actingPlugin()).toBeUndefined();
});
