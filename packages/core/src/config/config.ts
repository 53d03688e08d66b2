import {keepOptions} from '../checkpoint/retention.js';
import {configValue} from '@rife-train/errors';
import {defaultWarmup} from '../optim/schedule.js';
import type {DataConfig, ModelOptions, OptimConfig, TrainConfig, UserConfig} from '../contract/index.js';
import type {Networks} from '../networks/networks.js';

const DATA: Omit<DataConfig, 'root'> = {
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
  cache: false,
};
const OPTIM: Omit<OptimConfig, 'warmupSteps'> = {
  learningRate: 3e-4,
  finalLearningRate: 3e-6,
  weightDecay: 1e-3,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  microSteps: 1,
  globalBatch: 0,
  scaleWithDevices: false,
};
const RUN = {
  init: '',
  initKey: '',
  seed: 1234,
  out: 'runs/default',
  saveEvery: 1000,
  keep: 3,
  previewEvery: 1000,
  validateEvery: 0,
  validateTriplets: 8,
  maxNonFinite: 20,
  examine: true,
  hookTimeout: 600,
  execution: 'captured',
  device: '',
  devices: 1,
  launcher: 'process',
  replicaTimeout: 600,
} as const;

/** `{...defaults, ...given}`, but an option that is written out as undefined keeps its default. */
function fill<T extends object>(defaults: T, given: object | undefined): T {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return {...structuredClone(defaults), ...Object.fromEntries(set)};
}

function requireInteger(option: string, value: unknown, least: number): void {
  if (!Number.isInteger(value) || (value as number) < least)
    throw configValue(option, value, `a whole number of at least ${least}`);
}

/** Checks what the trainer itself relies on; also run on what the `config` hook returns. */
export function checkConfig(config: TrainConfig): TrainConfig {
  if (typeof config.data?.root !== 'string' || config.data.root === '')
    throw configValue('data.root', config.data?.root, 'the path of a folder with clips');
  if (typeof config.out !== 'string' || config.out === '')
    throw configValue('out', config.out, 'the path of a folder');
  if (typeof config.init !== 'string') throw configValue('init', config.init, 'the path of weights');
  if (typeof config.initKey !== 'string')
    throw configValue('initKey', config.initKey, 'a key of the weights file');
  requireInteger('steps', config.steps, 1);
  requireInteger('seed', config.seed, 0);
  requireInteger('saveEvery', config.saveEvery, 1);
  const {last, every} = keepOptions(config.keep);
  requireInteger(typeof config.keep === 'number' ? 'keep' : 'keep.last', last, 1);
  requireInteger('keep.every', every, 0);
  requireInteger('validateEvery', config.validateEvery, 0);
  requireInteger('validateTriplets', config.validateTriplets, 1);
  requireInteger('maxNonFinite', config.maxNonFinite, 0);
  if (!(config.hookTimeout >= 0))
    throw configValue('hookTimeout', config.hookTimeout, 'a number of at least 0');
  requireInteger('optim.microSteps', config.optim.microSteps, 1);
  requireInteger('optim.warmupSteps', config.optim.warmupSteps, 0);
  if (!Array.isArray(config.plugins)) throw configValue('plugins', config.plugins, 'a list of plugins');
  return config;
}

/**
 * Fills in every default.
 * @param networks those that `model` may name; without them `model` stays as it is
 * @throws RIFE_ERR_CONFIG_VALUE when an option that the trainer relies on is missing or of the wrong kind. The CLI
 * checks the others, with did-you-mean.
 */
export function resolveConfig(user: UserConfig, networks?: Networks): TrainConfig {
  const {data, model, optim, plugins = [], networks: _, ...rest} = user;
  return checkConfig({
    ...fill<Omit<TrainConfig, 'data' | 'model' | 'optim' | 'plugins' | 'steps'>>(RUN, rest),
    steps: user.steps,
    data: fill<DataConfig>({root: '', ...DATA}, data),
    model: networks ? networks.resolve(model) : fill<ModelOptions>({name: '', scales: []}, model),
    optim: fill({...OPTIM, warmupSteps: defaultWarmup(user.steps)}, optim),
    plugins,
  });
}
