import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import type {InitialWeights, ReadInitial, TrainerHooks} from '../contract/index.js';
import {decodeSafetensors} from '@rife-train/files';
import {readInitialWeights} from '../weights/initialWeights.js';
import {Logger} from '../log/logger.js';
import {FakeModel} from './helpers/fakeModel.js';
import {makeTrainer, rejection, tapping, temporaryFolder, type Setup} from './helpers/harness.js';

const INIT = '/weights/a.pkl';
/** In file layout [3,6]: other than its transpose. */
const WEIGHT = Float32Array.from({length: 18}, (_, i) => i / 32);
const partial: InitialWeights = {
  values: new Map([['mix.weight', WEIGHT]]),
  report: 'init: 1 of 3 tensors',
  file: '/weights/a.pkl',
  sha256: 'abc',
};
const reading = (initial: InitialWeights, calls: string[] = []): ReadInitial => {
  return async (file, model) => {
    calls.push(`${file} ${model.name}`);
    return initial;
  };
};

const start = (initial: InitialWeights, setup: Setup = {}) =>
  makeTrainer({
    ...setup,
    config: {init: INIT, ...setup.config},
    options: {readInitial: reading(initial), ...setup.options},
  });

const checkpoint = (out: string, step: number, file: string) =>
  readFileSync(path.join(out, `checkpoints/step-0000000${step}`, file));
const weightsAt = (out: string, step: number) =>
  decodeSafetensors(checkpoint(out, step, 'weights.safetensors'), 'weights').tensors;
const stateAt = (out: string, step: number) =>
  JSON.parse(checkpoint(out, step, 'state.json').toString()) as {config: {init?: object}};

test('the run starts from what the file has, fresh where it has nothing, moments at 0', async () => {
  const calls: string[] = [];
  const {trainer, lines, out} = start(partial, {
    config: {keep: 9},
    options: {readInitial: reading(partial, calls)},
  });
  await trainer.run();
  expect(calls).toEqual([`${INIT} Fake`]);
  expect(lines).toContain('init: 1 of 3 tensors');
  const weights = weightsAt(out, 0);
  expect(weights.get('mix.weight')!.values).toEqual(WEIGHT);
  expect(weights.get('mix.bias')!.values).toEqual(
    new FakeModel({} as never).initialize(1234).get('mix.bias'),
  );
  const moments = decodeSafetensors(checkpoint(out, 0, 'optimizer.safetensors'), 'optimizer').tensors;
  expect([...moments.values()].flatMap(({values}) => [...values].map(Number)).every(x => x === 0)).toBe(true);
  expect(weightsAt(out, 6).get('mix.weight')!.values).not.toEqual(WEIGHT);
});

test('a file of which next to nothing fits is no start, and what it seems to be is reported', async () => {
  const tensors = 3;
  const few = (fit: number) =>
    readInitialWeights(
      {init: INIT, initKey: ''},
      new FakeModel({} as never),
      async () => ({
        ...partial,
        values: new Map(Array.from({length: fit}, (_, i) => [`${i}`, WEIGHT])),
        seems: 'It is a cat',
      }),
      {logger: new Logger({line: () => {}})},
    );
  await expect(few(0)).rejects.toMatchObject({
    code: 'RIFE_ERR_INIT_UNUSABLE',
    message: expect.stringMatching(
      new RegExp(`none of its ${tensors} tensors fit\\. .*It is a cat\\. `),
    ) as string,
  });
  await expect(few(1)).resolves.toBeDefined();
  const large = Object.assign(new FakeModel({} as never), {
    parameters: Array.from({length: 190}, (_, i) => ({name: `${i}`})),
  });
  const ofLarge = (fit: number) =>
    readInitialWeights(
      {init: INIT, initKey: 'ema'},
      large,
      async (_file, _model, _adapt, key) => ({
        ...partial,
        report: `key ${key}`,
        values: new Map(Array.from({length: fit}, (_, i) => [`${i}`, WEIGHT])),
      }),
      {logger: new Logger({line: () => {}})},
    );
  await expect(ofLarge(3)).rejects.toMatchObject({
    message: expect.stringContaining('only 3 of its 190 tensors fit. At least a quarter must fit') as string,
  });
  await expect(ofLarge(47)).rejects.toMatchObject({code: 'RIFE_ERR_INIT_UNUSABLE'});
  expect((await ofLarge(48))!.report).toBe('key ema');
});

test('every checkpoint says where the weights came from; without init none does', async () => {
  const {trainer, out} = start(partial);
  await trainer.run();
  expect(stateAt(out, 6).config.init).toEqual({
    path: INIT,
    file: '/weights/a.pkl',
    sha256: 'abc',
    tensors: 1,
  });
  const fresh = makeTrainer();
  await fresh.trainer.run();
  expect(stateAt(fresh.out, 6).config).not.toHaveProperty('init');
});

test('a resumed run does not read it, goes on from the checkpoint, and remembers', async () => {
  const out = temporaryFolder();
  await start(partial, {out}).trainer.run();
  const never: ReadInitial = () => Promise.reject(new Error('read again'));
  const second = start(partial, {out, config: {steps: 8}, options: {resume: true, readInitial: never}});
  await second.trainer.run();
  expect(second.lines).toContain(`init "${INIT}" is not read again: the checkpoint goes on`);
  expect(second.lines.filter(line => line.includes('differs'))).toEqual([
    expect.stringContaining('steps: 6 -> 8'),
  ]);
  expect(stateAt(out, 8).config.init).toMatchObject({path: INIT});
});

test.each([
  [undefined, 'fresh weights'],
  ['/weights/b.pkl', '"/weights/b.pkl"'],
])('an init that the resumed run did not begin with (%s) is warned about', async (before, began) => {
  const out = temporaryFolder();
  await start(partial, {out, config: {init: before}}).trainer.run();
  const second = start(partial, {out, options: {resume: true}});
  await second.trainer.run();
  expect(second.lines).toContain(
    `warning: init "${INIT}" is not read: the run began with ${began}, and its checkpoint goes on`,
  );
});

test('a rollback to the first checkpoint keeps the origin', async () => {
  const {trainer, out} = start(partial, {poisoned: index => index === 1});
  trainer.hooks.onNaN.tap('test', () => 'rollback');
  await trainer.run();
  expect(stateAt(out, 6).config.init).toMatchObject({path: INIT});
});

test('--resume without a checkpoint does read it', async () => {
  const {trainer, out} = start(partial, {config: {keep: 9}, options: {resume: true}});
  await trainer.run();
  expect(weightsAt(out, 0).get('mix.weight')!.values).toEqual(WEIGHT);
});

const withValues = (values: [string, Float32Array][]): InitialWeights => ({
  ...partial,
  values: new Map(values),
});
test.each<[string, InitialWeights, string]>([
  ['RIFE_ERR_INIT_UNUSABLE', withValues([]), '"/weights/a.pkl", which "init" names'],
  [
    'RIFE_ERR_INIT_NON_FINITE',
    withValues([
      ['mix.weight', WEIGHT],
      ['mix.bias', Float32Array.of(0, NaN, 0)],
      ['flow.scale', Float32Array.of(Infinity, 1)],
    ]),
    '2 tensors in "/weights/a.pkl", which "init" names, contain numbers that are not finite, first "mix.bias", "flow.scale"',
  ],
])('%s before anything is opened or written', async (code, initial, message) => {
  const {trainer, out, sources} = start(initial);
  expect(await rejection(trainer.run())).toMatchObject({code, message: expect.stringContaining(message)});
  expect([existsSync(path.join(out, 'checkpoints')), readdirSync(out), sources]).toEqual([false, [], []]);
});

test('large finite numbers are finite, though their sum is not', async () => {
  const huge = withValues([['mix.bias', Float32Array.of(3e38, 3e38, 3e38)]]);
  const {trainer, lines} = start(huge, {config: {steps: 1}});
  await trainer.run();
  expect(lines).toContain(partial.report);
});

test('a trainer without a reader refuses init', async () => {
  const {trainer} = makeTrainer({config: {init: INIT}});
  expect(await rejection(trainer.run())).toMatchObject({
    code: 'RIFE_ERR_CONFIG_VALUE',
    message: expect.stringContaining('readInitial'),
  });
});

test('init must be text', () => {
  expect(() => makeTrainer({config: {init: 3 as never}})).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_CONFIG_VALUE'}),
  );
});

describe('hook weights', () => {
  /**
   * A reader of a file with one tensor under another name, which matches by name as the CLI's does.
   */
  const renamed: ReadInitial = async (file, model, adapt) => {
    const read = new Map([['old.weight', {shape: [3, 6], values: WEIGHT}]]);
    const tensors = adapt?.(read, file) ?? read;
    const known = [...tensors].filter(([name]) => model.parameters.some(spec => spec.name === name));
    const values = new Map(known.map(([name, tensor]) => [name, tensor.values] as const));
    return {...partial, file, values};
  };
  type Tap = Parameters<TrainerHooks['weights']['tap']>[1];
  const begin = (tap?: Tap, setup: Setup = {}) =>
    start(partial, {
      ...setup,
      plugins: tap ? [tapping('weights', tap)] : [],
      options: {readInitial: renamed, ...setup.options},
    });

  test('changes the tensors of the file before they are matched, and learns what they are for', async () => {
    const seen: unknown[] = [];
    const {trainer, out} = begin((tensors, {file, model}) => {
      seen.push(
        [...tensors.keys()],
        file,
        model.name,
        model.parameters.map(({name}) => name),
      );
      return new Map([...tensors].map(([name, tensor]) => [name.replace('old', 'mix'), tensor]));
    });
    await trainer.run();
    expect(seen).toEqual([['old.weight'], INIT, 'Fake', ['mix.weight', 'mix.bias', 'flow.scale']]);
    expect(stateAt(out, 6).config.init).toMatchObject({tensors: 1});
  });

  test('without a tap the reader leaves everything as it is', async () => {
    expect(await rejection(begin().trainer.run())).toMatchObject({code: 'RIFE_ERR_INIT_UNUSABLE'});
  });

  test('does not fire without init, nor when a run is resumed', async () => {
    let fired = 0;
    const tap: Tap = tensors => {
      fired += 1;
      return new Map([...tensors].map(([, tensor]) => ['mix.weight', tensor]));
    };
    const out = temporaryFolder();
    await begin(tap, {out, config: {init: ''}}).trainer.run();
    expect(fired).toBe(0);
    await begin(tap, {out, config: {steps: 8}, options: {resume: true}}).trainer.run();
    expect(fired).toBe(0);
    await begin(tap).trainer.run();
    expect(fired).toBe(1);
  });

  test.each<[string, unknown, string]>([
    ['no Map', {}, 'no Map'],
    [
      'values that are too short',
      new Map([['a', {shape: [2], values: new Float32Array(1)}]]),
      '"a" of shape [2] with 1 values',
    ],
    ['values of another type', new Map([['a', {shape: [1], values: [1]}]]), '"a" of shape [1] with 1 values'],
    ['no tensor', new Map([['a', undefined]]), '"a" of shape undefined'],
  ])('refuses %s', async (_, returned, message) => {
    expect(await rejection(begin(() => returned as never).trainer.run())).toMatchObject({
      code: 'RIFE_ERR_PLUGIN_RETURN',
      plugin: 'test:plugin',
      hook: 'weights',
      message: expect.stringContaining(message),
    });
  });
});
