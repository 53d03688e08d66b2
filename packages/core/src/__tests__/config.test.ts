import {resolveConfig as resolve} from '../config/config.js';
import type {UserConfig} from '../contract/index.js';
import {Networks} from '../networks/networks.js';
import {fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

const resolveConfig = (user: UserConfig) =>
  resolve(user, new Networks([fakeNetwork(), fakeNetwork(undefined, 'Other')]));
const minimal: UserConfig = {data: {root: 'clips'}, steps: 10};

test('every default is the documented one', () => {
  expect(resolveConfig(minimal)).toEqual({
    data: {
      root: 'clips',
      layout: 'auto',
      crop: 224,
      batch: 4,
      gaps: [1, 1],
      epoch: 'full',
      timestep: 'middle',
      workers: 0,
      prefetch: 4,
      onBadClip: 'error',
      maxBadShare: 0.1,
      augment: true,
      mirror: false,
      cache: false,
    },
    model: {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90], norm: 'none'},
    optim: {
      learningRate: 3e-4,
      finalLearningRate: 3e-6,
      warmupSteps: 1,
      weightDecay: 1e-3,
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      microSteps: 1,
      globalBatch: 0,
      scaleWithDevices: false,
    },
    plugins: [],
    steps: 10,
    init: '',
    initKey: '',
    seed: 1234,
    out: 'runs/default',
    saveEvery: 1000,
    keep: 3,
    previewEvery: 1000,
    validate: {sets: [], best: 'psnr'},
    gpu: {memory: 'growth', tf32: true, layout: 'nhwc', autotune: true, deterministic: false},
    validateEvery: 0,
    validateTriplets: 8,
    maxNonFinite: 20,
    examine: true,
    hookTimeout: 600,
    execution: 'captured',
    compile: 'none',
    precision: 'fp32',
    device: '',
    devices: 1,
    launcher: 'process',
    replicaTimeout: 600,
  });
});

test('what is given wins, part by part; undefined is not given', () => {
  const config = resolveConfig({
    ...minimal,
    data: {root: 'x', batch: 2, crop: undefined},
    optim: {betas: [0.5, 0.9]},
    seed: undefined,
  });
  expect(config.data).toMatchObject({root: 'x', batch: 2, crop: 224});
  expect(config.optim).toMatchObject({betas: [0.5, 0.9], learningRate: 3e-4});
  expect(config.seed).toBe(1234);
});

test('defaults are not shared between configurations', () => {
  resolveConfig(minimal).model.scales.push(9);
  expect(resolveConfig(minimal).model.scales).toEqual([4, 2, 1]);
});

test.each<[string, object]>([
  ['data.root', {data: {}}],
  ['out', {out: ''}],
  ['steps', {steps: undefined}],
  ['steps', {steps: 1.5}],
  ['seed', {seed: -1}],
  ['saveEvery', {saveEvery: 0}],
  ['keep', {keep: 0}],
  ['validateEvery', {validateEvery: -1}],
  ['maxNonFinite', {maxNonFinite: NaN}],
  ['optim.microSteps', {optim: {microSteps: 0}}],
  ['optim.warmupSteps', {optim: {warmupSteps: -1}}],
  ['plugins', {plugins: 'distill'}],
])('a wrong %s is named', (option, wrong) => {
  expect(() => resolveConfig({...minimal, ...wrong} as UserConfig)).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_CONFIG_VALUE',
      message: expect.stringContaining(`Option "${option}" is`),
    }),
  );
});

test('a batch that is mirrored has two halves', () => {
  const batch = (batch: number, mirror: boolean) => () =>
    resolveConfig({...minimal, data: {root: 'x', batch, mirror}});
  expect(batch(3, true)).toThrow(/"data\.batch" is 3\. It must be an even number where data\.mirror is true/);
  expect(batch(3, false)).not.toThrow();
  expect(batch(4, true)).not.toThrow();
});

test('all that is wrong is named at once: options that do not exist, and an option once', () => {
  const wrong = {...minimal, crop: 64, data: {root: 'x', bach: 2}, optim: {betas: ['a', 2]}, keep: {last: 0}};
  const message = expect.stringMatching(
    /^\[rife:core\] 4 options .*wrong:\n.*"data\.bach"\. Did you mean "data\.batch"\?.*\n.*"crop"\. Did you mean "data\.crop"\?.*\n.*"optim\.betas" is \["a",2\].*\n.*"keep\.last" is 0\. It must be a whole number of at least 1\..*\n Correct all/,
  ) as string;
  expect(() => resolveConfig(wrong as unknown as UserConfig)).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_CONFIG_VALUE', message}),
  );
});

test('a complete configuration comes out as it is', () => {
  for (const model of [undefined, {name: 'Other', scales: [2, 1]}]) {
    const config = resolveConfig({...minimal, ...(model && {model}), keep: {last: 2}, maxNonFinite: 0});
    expect(resolveConfig(config)).toEqual(config);
  }
});

test('without networks, the section model stays as it is', () => {
  const {model} = resolve({...minimal, model: {name: 'Other', version: '1'}});
  expect(model).toEqual({name: 'Other', version: '1', scales: []});
});

test('what the config hook returns is checked too', async () => {
  const {trainer} = makeTrainer({plugins: [tapping('config', config => ({...config, keep: 0}))]});
  expect(await rejection(trainer.run())).toMatchObject({code: 'RIFE_ERR_CONFIG_VALUE'});
});
