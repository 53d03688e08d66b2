import {definePlugin} from '@rife-train/core';
import {configSchema, exampleOf, listOptions} from '@rife-train/core/config';
import {isRifeError} from '@rife-train/errors';
import {checkConfig} from '../checkConfig.js';

/** Those of the trainer and of its sections, with an example each. */
const OPTIONS = listOptions(configSchema())
  .filter(({path, meta}) => meta && !meta.isSection && !/\..*\.|^keep\./.test(path))
  .map(option => ({path: option.path, example: exampleOf(option)}));

const good = {data: {root: './clips'}, steps: 10};

/** Code and message of the error that a configuration causes. */
function errorOf(config: unknown): {code: string; message: string} {
  try {
    checkConfig(config, 'rife.config.ts');
  } catch (error) {
    if (isRifeError(error)) return {code: error.code, message: error.message};
    throw error;
  }
  throw new Error('was accepted');
}

test('the smallest configuration passes', () => expect(checkConfig(good, 'x')).toBe(good));

test('every option passes with its own example', () => {
  for (const {path, example} of OPTIONS) {
    const value: unknown = new Function(`return ({${example}})`)();
    const leaf = path.split('.').at(-1)!;
    const [group, name] = path.includes('.') ? path.split('.') : [undefined, path];
    const options = value as Record<string, unknown>;
    const config =
      group === undefined
        ? {...good, ...options}
        : {
            ...good,
            [group]: {...(group === 'data' ? good.data : {}), ...((options[group] ?? options) as object)},
          };
    expect(() => checkConfig(config, 'x')).not.toThrow();
    expect(JSON.stringify(config)).toContain(`"${name ?? leaf}"`);
  }
});

test.each([{maxNonFinite: 0}, {init: ''}, {model: {distill: {margin: 0.02}}}])(
  'what the trainer takes is accepted: %j',
  options => expect(() => checkConfig({...good, ...options}, 'x')).not.toThrow(),
);

test.each([
  [
    {...good, data: {root: 'x', crp: 64}},
    'There is no option "data.crp". Did you mean "data.crop"? Rename it to "data.crop".',
  ],
  [{...good, crop: 64}, 'Did you mean "data.crop"?'],
  [{...good, lerningrate: 1}, 'There is no option "lerningrate"'],
  [{...good, optim: {learningrate: 1}}, 'Did you mean "optim.learningRate"?'],
  [{...good, plugin: []}, 'Did you mean "plugins"?'],
  [{...good, inits: 'a.pkl'}, 'Did you mean "init"?'],
  [{data: {root: 'x'}, step: 10}, 'Did you mean "steps"?'],
  [{...good, optim: {xyz: 1}}, 'Options here are optim.learningRate, optim.finalLearningRate'],
])('an unknown option is named: %j', (config, message) => {
  const error = errorOf(config);
  expect(error.code).toBe('RIFE_ERR_CLI_OPTION_UNKNOWN');
  expect(error.message).toContain(message);
});

test.each([
  [
    {...good, data: {root: 'x', crop: 100}},
    'Option "data.crop" must be a multiple of 32 of at least 64, or [height, width] of such, but got 100. For example: crop: 224.',
  ],
  [{...good, data: {root: 'x', crop: 32}}, 'Option "data.crop" must be'],
  [
    {...good, data: {root: 'x', crop: [64, 65]}},
    'Option "data.crop" must be a multiple of 32 of at least 64, or [height, width] of such, but got [64,65]',
  ],
  [
    {...good, data: {root: 'x', batch: 0}},
    'Option "data.batch" must be a whole number of at least 1, but got 0',
  ],
  [{...good, data: {root: 'x', batch: '4'}}, 'but got "4"'],
  [
    {...good, data: {root: 'x', batch: 5000}},
    'at least 1, and at most 4096, but got 5000. For example: batch: 4',
  ],
  [{...good, devices: 65}, 'Option "devices" must be a whole number from 1 to 64, but got 65'],
  [{...good, keep: {lst: 3}}, 'Option "keep" must be a whole number of at least 1, or {last: 3'],
  [{...good, data: {root: 'x', gaps: [8, 1]}}, 'Option "data.gaps" must be'],
  [{...good, data: {root: 'x', gaps: [1]}}, 'Option "data.gaps" must be'],
  [
    {...good, data: {root: 'x', onBadClip: 'ignore'}},
    'Option "data.onBadClip" must be "error" or "skip", but got "ignore"',
  ],
  [
    {...good, data: {root: 'x', cache: {dir: 'y', codec: 'zip'}}},
    'Option "data.cache" must be false, the path of a folder, or {dir, codec',
  ],
  [{...good, data: {root: 'x', cache: true}}, 'Option "data.cache" must be false, the path of a folder'],
  [{...good, data: {}}, 'Option "data.root" is missing. It must be the path of a folder'],
  [{...good, steps: 1.5}, 'Option "steps" must be a whole number of at least 1, but got 1.5'],
  [{data: {root: 'x'}}, 'Option "steps" is missing'],
  [{steps: 3}, 'Option "data" is missing'],
  [{...good, data: 'clips'}, 'Option "data" must be an object with options, but got "clips"'],
  [{...good, optim: 3}, 'Option "optim" must be an object with options, but got 3'],
  [{...good, optim: {learningRate: NaN}}, 'Option "optim.learningRate" must be a number above 0'],
  [{...good, plugins: {}}, 'Option "plugins" must be a list of plugins'],
  [{...good, execution: 'fast'}, 'Option "execution" must be "captured" or "eager", but got "fast"'],
])('a wrong value is reported with what it must be: %j', (config, message) => {
  const error = errorOf(config);
  expect(error.code).toBe('RIFE_ERR_CLI_OPTION_VALUE');
  expect(error.message).toContain(message);
});

test('all mistakes are reported at once, each option once, and a misspelt one not as missing, too', () => {
  const plugin = () => definePlugin({name: 'a:b', apply() {}});
  const {code, message} = errorOf({
    data: {root: 'x', crop: [65, 66], batch: 0, gap: [1, 2]},
    stps: 5,
    optim: {learningRate: '1'},
    plugins: [plugin],
    extra: 1,
  });
  expect(code).toBe('RIFE_ERR_CLI_OPTIONS');
  expect(message).toContain('The configuration rife.config.ts has 7 mistakes:');
  const lines = message.split('\n').filter(line => line.startsWith('  - '));
  expect(lines).toHaveLength(7);
  for (const part of [
    'Did you mean "data.gaps"?',
    'Did you mean "steps"?',
    'There is no option "extra"',
    'Option "data.crop" must be',
    'Option "data.batch" must be',
    'Option "optim.learningRate" must be',
    '`plugin` was passed without calling it',
  ])
    expect(lines.filter(line => line.includes(part))).toHaveLength(1);
  expect(message).not.toContain('is missing');
});

test('two options that are missing are both reported', () => {
  const {message} = errorOf({data: {}});
  expect(message).toContain('Option "data.root" is missing');
  expect(message).toContain('Option "steps" is missing');
});

test('a plugin that was not called is named', () => {
  const gradClip = () => definePlugin({name: 'rife:gradclip', apply() {}});
  expect(() => checkConfig({...good, plugins: [gradClip()]}, 'x')).not.toThrow();
  const error = errorOf({...good, plugins: [gradClip(), gradClip]});
  expect(error.code).toBe('RIFE_ERR_PLUGIN_INVALID');
  expect(error.message).toContain('`gradClip` was passed without calling it');
});

test.each([[null], [{name: 'x'}], [Promise.resolve()]])(
  'an entry that is no plugin is refused: %p',
  plugin => {
    expect(errorOf({...good, plugins: [plugin]}).code).toBe('RIFE_ERR_PLUGIN_INVALID');
  },
);

test.each([[undefined], [[]], ['text'], [null]])('the file must export an object, not %j', exported => {
  expect(errorOf(exported).code).toBe('RIFE_ERR_CLI_CONFIG_SHAPE');
});
