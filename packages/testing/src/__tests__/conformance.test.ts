/** The kit's own tests: each check finds what it is there for, and lets the others pass. */
import {optionError, type RifePlugin} from '@rife-train/core';
import {refusesUnknownOptions, worksWith} from '../conformance/applying.js';
import {CHECKS, conformance, openKit, type CheckName} from '../conformance/index.js';
import {Kit} from '../conformance/kit.js';
import {addsStage, BAD, disposeLeaks, good, halvesFlow, plugin, stopTimers} from './helpers/badPlugins.js';

afterEach(() => {
  disposeLeaks();
  stopTimers();
});

const NAMES = Object.keys(CHECKS) as CheckName[];
/** Two blocks: there must be a student before the last, and each block has its price. */
const SMALL = {config: {model: {name: 'Tiny', scales: [2, 1], widths: [4, 4]}}};
const check = async (name: CheckName, make: () => RifePlugin) => CHECKS[name](await openKit(make, SMALL));
/** {@link check} without a graph. */
async function checkEagerly(name: CheckName, make: () => RifePlugin) {
  const {parts} = await openKit(make, SMALL);
  return CHECKS[name](new Kit({...parts, captured: undefined}));
}

describe('a plugin that keeps its promises', () => {
  test.each(NAMES)('%s', name => check(name, good));
});

describe.each(Object.entries(BAD))('%s', (_what, [make, name, message]) => {
  test(`is found by "${name}"`, async () => {
    const {captured} = (await openKit(make)).parts;
    if (name === 'captured equals eager' && !captured)
      return void process.stdout.write(`"${name}" is not tried: there is no native engine\n`);
    await expect(check(name, make as () => RifePlugin)).rejects.toThrow(message);
  });

  test('passes "trains two steps"', () => checkEagerly('trains two steps', make as () => RifePlugin));
});

test.each([halvesFlow, addsStage])('a plugin may change predictions, if it says so: %p', make =>
  check('predicts the same, or says that it does not', () => make({changesPrediction: true})),
);

test('a term that a plugin has taken out need not be seen', () =>
  check('keeps NaN visible in the loss', () =>
    plugin(({hooks}) =>
      hooks.afterLoss.tap('test', ({terms, weights}) => ({terms, weights: {...weights, distill: 0}})),
    ),
  ));

test('plugins that do not go together are found', async () => {
  const jealous = plugin(({hooks}) =>
    hooks.config.tap('test', config => {
      if (config.plugins.length > 1) throw new Error('I will not share');
      return config;
    }),
  );
  const kit = await openKit(() => jealous);
  const other = () => [plugin(() => {}, {name: 'test:other'})];
  await expect(worksWith(kit, other)).rejects.toThrow('I will not share');
  await expect(worksWith(await openKit(good), other)).resolves.toBeUndefined();
});

test('unknown options must be refused by name', () => {
  expect(() => refusesUnknownOptions(() => good())).toThrow('an unknown option gave undefined');
  expect(() =>
    refusesUnknownOptions(() => {
      throw new Error('noSuchOption');
    }),
  ).toThrow('an unknown option gave Error');
  expect(() =>
    refusesUnknownOptions(() => {
      throw optionError('test:bad', 'options', 1, 'something else');
    }),
  ).toThrow(/noSuchOption/);
  refusesUnknownOptions(() => {
    throw optionError('test:bad', 'noSuchOption', 1, 'left out');
  });
});

describe('conformance()', () => {
  /** What it defines, without running it. */
  function defined(options: Parameters<typeof conformance>[1]) {
    const tests = new Map<string, () => Promise<void>>();
    let heading = '';
    conformance(good, {
      ...options,
      globals: {
        describe: (name, define) => {
          heading = name;
          define();
        },
        test: (name, run) => void tests.set(name, run),
      },
    });
    return {heading, tests};
  }

  test('defines a test for each check and each official plugin', () => {
    const {heading, tests} = defined({factory: () => good()});
    expect(heading).toBe('conformance');
    expect([...tests.keys()]).toEqual([
      ...NAMES,
      ...['distill', 'curriculum', 'gradclip', 'flownorm', 'gainlimit', 'recover', 'ema', 'multiscale'].map(
        name => `trains beside rife:${name}`,
      ),
      'refuses unknown options',
    ]);
  });

  test('an exemption, or a plugin that is missing, is printed with its reason', async () => {
    const printed: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(text => {
      printed.push(String(text));
      return true;
    });
    const {tests} = defined({name: 'x', exempt: {'leaks nothing': 'it is a leak by design'}});
    await tests.get('leaks nothing')!();
    write.mockRestore();
    expect(printed).toEqual([
      expect.stringContaining('pass {factory}'),
      'conformance: "leaks nothing" is left out: it is a leak by design\n',
    ]);
  });

  test('says where the globals of the test framework are', () => {
    expect(() => conformance(good, {globals: {} as never})).toThrow('@jest/globals');
  });
});
