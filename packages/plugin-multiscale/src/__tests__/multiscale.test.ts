import type {
  FileTensor,
  FileTensors,
  ModelCost,
  ModelOptions,
  ModelTools,
  PluginTrainer,
  WeightsInfo,
} from '@rife-train/core';
import {multiscale, type MultiscaleOptions} from '../index.js';

const STOCK: ModelOptions = {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90]};

/** Applies the plugin; `model` and `weights` run its taps. */
function applied(options?: MultiscaleOptions, costs: ModelTools['costOf'] = () => undefined) {
  const lines: string[] = [];
  const taps: Record<string, (...args: never[]) => unknown> = {};
  const tapOf = (hook: string) => ({tap: (_: string, fn: () => unknown) => (taps[hook] = fn)});
  multiscale(options).apply({
    hooks: {model: tapOf('model'), weights: tapOf('weights')},
    log: (text: string) => lines.push(text),
    warn: (text: string) => lines.push(`warning: ${text}`),
  } as unknown as PluginTrainer);
  const call = <T>(hook: string, ...args: unknown[]) => taps[hook]!(...(args as never[])) as T;
  return {
    lines,
    model: (before: ModelOptions) => call<ModelOptions>('model', before, {costOf: costs}),
    weights: (tensors: FileTensors, model: Partial<WeightsInfo['model']>) =>
      call<FileTensors>('weights', tensors, {file: 'a.pkl', model}),
  };
}

describe('the network', () => {
  test('two stages in front by default, as wide as the first, starting from zero', () => {
    expect(applied().model(STOCK)).toEqual({
      ...STOCK,
      scales: [16, 8, 4, 2, 1],
      widths: [240, 240, 240, 150, 90],
      zeroStages: 2,
    });
  });

  test('everything that is asked for, and what the configuration says besides', () => {
    const options = {stages: [32], widths: [64], fusion: true, receptiveField: 'dilated'} as const;
    const before = {...STOCK, scales: [16, 4, 1], zeroStages: 1, norm: 'batch'} as const;
    expect(applied(options).model({...before, scales: [...before.scales]})).toEqual({
      ...before,
      scales: [32, 16, 4, 1],
      widths: [64, 240, 150, 90],
      zeroStages: 2,
      fusion: true,
      receptiveField: 'dilated',
    });
  });

  test.each<[MultiscaleOptions, Partial<ModelOptions>]>([
    [{stages: [], fusion: true}, {fusion: true}],
    [{stages: [], receptiveField: 'large-kernel'}, {receptiveField: 'large-kernel'}],
  ])('%j alone leaves the stages', (options, added) => {
    expect(applied(options).model(STOCK)).toEqual({...STOCK, ...added});
  });

  test('what the configuration has already stays on', () => {
    const before = {...STOCK, fusion: true, receptiveField: 'dilated'} as const;
    expect(applied({stages: [8]}).model(before)).toMatchObject({fusion: true, receptiveField: 'dilated'});
  });

  test.each([
    {...STOCK, name: 'RIFE4'},
    {name: 'Own', scales: [1]},
  ])('a network that is not IFNet is refused: %j', before => {
    const model = () => applied({stages: [16, 8]}).model(before);
    expect(model).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:multiscale'}),
    );
    expect(model).toThrow(`must be used with IFNet or IFNet_m; the network is ${before.name}`);
  });

  test('a stage that is not coarser than the first is refused when the network is known', () => {
    const model = () => applied({stages: [16, 8]}).model({...STOCK, scales: [8, 2, 1]});
    expect(model).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:multiscale'}),
    );
    expect(model).toThrow('option "stages" must be coarser than the network\'s own first scale, 8');
  });
});

describe('the cost', () => {
  const cost = (parameters: number, training: number, prediction: number): ModelCost => ({
    training: {parameters, macsPerPixel: training},
    prediction: {parameters: parameters - 1000, macsPerPixel: prediction},
    modules: {},
  });

  test('is reported beside that of the network without the plugin', () => {
    const costs = (options: ModelOptions) =>
      options.scales.length === 5
        ? cost(20_000_000, 176_410.4, 133_147)
        : cost(10_000_000, 168_010.4, 126_807);
    const {model, lines} = applied({}, costs);
    model(STOCK);
    expect(lines).toEqual([
      'parameters: 20,000,000 (+100.0 %, 10,000,000 without this plugin)',
      'multiply-adds per pixel, forward: training 176,410 (+5.0 %, 168,010 without this plugin); ' +
        'prediction 133,147 (+5.0 %, 126,807 without this plugin)',
    ]);
  });

  test('is not reported if it is unknown', () => {
    const {model, lines} = applied();
    model(STOCK);
    expect(lines).toEqual([]);
  });
});

describe('weights of a network with fewer stages', () => {
  const tensor = (...shape: number[]): FileTensor => ({
    shape,
    values: Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => i + 1),
  });
  const first = (block: string) => `${block}.conv0.0.0.weight`;
  /** A file of `blocks` student blocks whose first sees `inputs` channels. */
  const file = (blocks: number, inputs = 6): Map<string, FileTensor> =>
    new Map([
      ...Array.from({length: blocks}, (_, i): [string, FileTensor][] => [
        [first(`block${i}`), tensor(2, i === 0 ? inputs : inputs + 11, 1, 1)],
        [`block${i}.lastconv.bias`, {shape: [1], values: Float32Array.of(100 + i)}],
      ]).flat(),
      ['block_tea.lastconv.bias', {shape: [1], values: Float32Array.of(-1)}],
      ['unet.conv.bias', {shape: [1], values: Float32Array.of(-2)}],
    ]);
  const network = (blocks: number, anyTimestep = false): Partial<WeightsInfo['model']> => ({
    options: {...STOCK, scales: Array.from({length: blocks}, (_, i) => 2 ** (blocks - 1 - i))},
    anyTimestep,
    parameters: Array.from({length: blocks}, (_, i) => {
      const inputs = (i === 0 ? 6 : 17) + (anyTimestep ? 1 : 0);
      return {name: first(`block${i}`), shape: [], fileShape: [2, inputs, 1, 1]};
    }),
  });

  test('block i becomes block i + 2; what is no student block stays', () => {
    const {weights, lines} = applied();
    const moved = weights(file(3), network(5));
    expect([...moved.keys()]).toEqual([
      ...[2, 3, 4].flatMap(i => [first(`block${i}`), `block${i}.lastconv.bias`]),
      'block_tea.lastconv.bias',
      'unet.conv.bias',
    ]);
    expect([2, 3, 4].map(i => moved.get(`block${i}.lastconv.bias`)!.values[0])).toEqual([100, 101, 102]);
    expect(moved.get('block_tea.lastconv.bias')!.values[0]).toBe(-1);
    expect(lines).toEqual(['block0 to block2 of the weights are block2 to block4 here']);
  });

  test('the block that was first gets weights of 0 for what it did not see; its own stay in place', () => {
    const {shape, values} = applied().weights(file(3), network(5)).get(first('block2'))!;
    expect(shape).toEqual([2, 17, 1, 1]);
    const zeros = Array.from({length: 11}, () => 0);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 6, ...zeros, 7, 8, 9, 10, 11, 12, ...zeros]);
  });

  test('the others keep theirs', () => {
    const given = file(3);
    expect(applied().weights(given, network(5)).get(first('block4'))).toBe(given.get(first('block2')));
  });

  test('with the timestep after the images', () => {
    const {shape, values} = applied().weights(file(3, 7), network(5, true)).get(first('block2'))!;
    expect(shape).toEqual([2, 18, 1, 1]);
    expect([...values.subarray(0, 9)]).toEqual([1, 2, 3, 4, 5, 6, 7, 0, 0]);
    // Weights without the timestep: its weight starts from 0 too.
    expect(applied().weights(file(3, 6), network(5, true)).get(first('block2'))!.shape).toEqual([
      2, 18, 1, 1,
    ]);
  });

  test('a timestep that the network does not see is no image: the tensor stays as it is', () => {
    const given = file(3, 7);
    expect(applied().weights(given, network(5)).get(first('block2'))).toBe(given.get(first('block0')));
  });

  test('kernels of more than one tap', () => {
    const given = new Map([[first('block0'), tensor(2, 6, 3, 3)]]);
    const {shape, values} = applied({stages: [8]})
      .weights(given, network(2))
      .get(first('block1'))!;
    expect(shape).toEqual([2, 17, 3, 3]);
    expect([...values.subarray(0, 54)]).toEqual(Array.from({length: 54}, (_, i) => i + 1));
    expect(values.subarray(54, 153).every(x => x === 0)).toBe(true);
    expect([...values.subarray(153, 207)]).toEqual(Array.from({length: 54}, (_, i) => i + 55));
  });

  test('a file with one of the two stages is moved by one', () => {
    const {weights, lines} = applied();
    expect(weights(file(4), network(5)).has('block4.lastconv.bias')).toBe(true);
    expect(lines).toEqual(['block0 to block3 of the weights are block1 to block4 here']);
  });

  test.each<[string, Map<string, FileTensor>, MultiscaleOptions, string[]]>([
    ['of the same network', file(5), {}, []],
    ['without blocks', new Map([['unet.conv.bias', tensor(1)]]), {}, []],
    ['where no stage is added', file(3), {stages: [], fusion: true}, []],
    [
      'with fewer blocks than the network had',
      file(2),
      {},
      ['warning: the weights have 2 student blocks, not 3 to 5: they are not moved'],
    ],
    [
      'with more blocks',
      file(6),
      {},
      ['warning: the weights have 6 student blocks, not 3 to 5: they are not moved'],
    ],
  ])('a file %s stays as it is', (_, given, options, expected) => {
    const {weights, lines} = applied(options);
    expect(weights(given, network(5))).toBe(given);
    expect(lines).toEqual(expected);
  });
});

test('changes predictions, and says so', () => {
  expect(multiscale()).toMatchObject({name: 'rife:multiscale', changesPrediction: true});
});

test.each<[option: string, options: unknown, expected: string]>([
  ['stages', {stages: [8, 16]}, 'falling list of powers of two'],
  ['stages', {stages: [8, 8]}, 'falling list of powers of two'],
  ['stages', {stages: [12]}, 'falling list of powers of two'],
  ['stages', {stages: [64]}, 'from 2 to 32'],
  ['stages', {stages: [1]}, 'from 2 to 32'],
  ['stages', {stages: 16}, 'from 2 to 32'],
  ['stages', {stages: ['16']}, 'from 2 to 32'],
  ['widths', {widths: [240]}, 'one per stage'],
  ['widths', {stages: [16], widths: [241]}, 'even numbers above 0'],
  ['widths', {stages: [16], widths: [0]}, 'even numbers above 0'],
  ['fusion', {fusion: 1}, 'true or false'],
  ['receptiveField', {receptiveField: true}, 'false, "dilated" or "large-kernel"'],
  ['scales', {scales: [16]}, 'scales'],
  ['', {stages: []}, 'They must add something'],
  ['', 3, 'object'],
])('refuses option %j of %j', (option, options, expected) => {
  const make = () => multiscale(options as MultiscaleOptions);
  expect(make).toThrow(expect.objectContaining({code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'rife:multiscale'}));
  expect(make).toThrow(expected);
  if (option !== '' && option !== 'scales') expect(make).toThrow(`option "${option}`);
});
