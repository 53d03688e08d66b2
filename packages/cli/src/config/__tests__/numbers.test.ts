/** Every option that takes numbers gets those that no run can use. New options are included. */
import {configSchema, listOptions} from '@rife-train/core/config';
import {clipsSchema} from '@rife-train/data/config';
import {NETWORK_OPTIONS} from '@rife-train/model/options';
import {inspect} from 'node:util';
import type * as z from 'zod';
import {checkConfig} from '../checkConfig.js';

/** Options that hold no memory and take no time by their size. */
const ANY_SIZE = [
  'steps',
  'saveEvery',
  'keep',
  'keep.last',
  'keep.every',
  'previewEvery',
  'validateEvery',
  'maxNonFinite',
  'seed',
  'data.epoch',
  'data.cache.maxSize',
  'optim.warmupSteps',
];

type Tree = Record<string, unknown>;

/** What an option with others beside it needs. */
const BESIDE: Readonly<Record<string, Tree>> = {'data.cache': {dir: '/cache'}, keep: {last: 3}};

/** A configuration that is complete but for one option. */
function configWith(path: string, value: unknown, network: string): Tree {
  const config: Tree = {data: {root: '/clips'}, steps: 10, model: {name: network}};
  const keys = path.split('.');
  let at = config;
  keys.slice(0, -1).forEach((key, i) => {
    at = at[key] = {...(at[key] as Tree), ...BESIDE[keys.slice(0, i + 1).join('.')]};
  });
  at[keys.at(-1)!] = value;
  return config;
}

const refusal = (path: string, value: unknown, network: string): Error | undefined => {
  try {
    checkConfig(configWith(path, value, network), 'rife.config.ts');
    return undefined;
  } catch (error) {
    return error as Error;
  }
};

const accepts = (path: string, value: unknown, network: string) =>
  refusal(path, value, network) === undefined;

/** Some numbers, one of which each option that takes a number takes. */
const USUAL = [0, 1, 2, 32, 64, 224, 0.5];
const takesOne = (path: string, network: string) => USUAL.some(value => accepts(path, value, network));
/** Some lists, one of which each option that takes a list of numbers takes. */
const LISTS = [
  [1],
  [1, 2],
  [0.5, 0.5],
  [64, 64],
  [4, 2, 1],
  [24, 16, 12],
  [4, 4, 2, 1],
  [16, 8, 4, 2, 1],
  [8, 8, 8, 8, 8],
];
const listFor = (path: string, network: string) => LISTS.find(list => accepts(path, list, network));

const options = NETWORK_OPTIONS.flatMap(network =>
  listOptions(configSchema({data: clipsSchema, network}) as z.ZodType)
    .filter(({meta}) => meta !== undefined && !meta.isSection)
    .filter(({path}) => path.startsWith('model.') || network === NETWORK_OPTIONS[0])
    .map(({path}) => ({path, network: network.name})),
);
/** The option that users know, of which a path may be a part: `keep` for `keep.last`. */
const wholeOf = (path: string) => options.find(option => `${path}.`.startsWith(`${option.path}.`))!.path;
const numbers = options.filter(({path, network}) => takesOne(path, network));
const lists = options.filter(({path, network}) => listFor(path, network) !== undefined);

/** Never a number that a run can use. */
const IMPOSSIBLE = [-1, NaN, Infinity, -Infinity, 1e308, 5n, null, [], [[1]], {}, Symbol('5'), new Date(5)];

const expectRefused = (path: string, value: unknown, network: string) => {
  const {message, code} = (refusal(path, value, network) ?? {}) as {message?: string; code?: string};
  // A BigInt that fails would break jest's own messages.
  expect(`${path} = ${inspect(value)}: ${code}`).toMatch(/: RIFE_ERR_CLI_OPTION/);
  expect(message).toContain(`"${wholeOf(path)}`);
};

test('there are such options', () => {
  const paths = numbers.map(({path}) => path);
  expect(paths).toEqual(expect.arrayContaining([...ANY_SIZE, 'data.crop', 'devices', 'optim.epsilon']));
  expect(lists.map(({path}) => path)).toEqual(
    expect.arrayContaining(['data.crop', 'data.gaps', 'data.augment.rescale', 'optim.betas', 'model.widths']),
  );
});

test.each(numbers)('$path: $network refuses what is no number, and what none can be', ({path, network}) => {
  for (const value of IMPOSSIBLE) expectRefused(path, value, network);
  if (!accepts(path, 'a text', network)) expectRefused(path, '5', network);
  if (listFor(path, network) === undefined) expectRefused(path, [5], network);
});

test.each(numbers)('$path: $network has a bound, unless its size costs nothing', ({path, network}) => {
  if (ANY_SIZE.includes(path)) expect(accepts(path, 1e9, network)).toBe(true);
  else expectRefused(path, 1e9, network);
});

test.each(lists)('$path: $network refuses lists with such numbers, and long ones', ({path, network}) => {
  const list = listFor(path, network)!;
  for (const value of [...IMPOSSIBLE, 1e9]) expectRefused(path, [...list.slice(0, -1), value], network);
  expectRefused(path, Array(10_000).fill(list[0]), network);
});

test('keys of prototypes are unknown options', () => {
  for (const text of ['{"__proto__": {"steps": 5}}', '{"constructor": 5}', '{"data": {"__proto__": {}}}']) {
    const {data, ...rest} = JSON.parse(text) as Tree;
    const config = {
      ...rest,
      data: Object.assign(JSON.parse(JSON.stringify(data ?? {})) as Tree, {root: 'x'}),
      steps: 10,
    };
    expect(() => checkConfig(config, 'x')).toThrow(/no option|unknown/i);
  }
  expect(({} as Tree)['steps']).toBeUndefined();
});
