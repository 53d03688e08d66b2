import {configUnknown, configValue, configValues} from '@rife-train/errors';
import * as z from 'zod';
import type {Network, RifePlugin, TrainConfig, UserConfig} from '../contract/index.js';
import type {Networks} from '../networks/networks.js';
import {defaultWarmup} from '../optim/schedule.js';
import {dataSchema} from './dataSchema.js';
import {examine, type Problem} from './examine.js';
import {gpuSchema} from './gpuSchema.js';
import {modelSchema, type NetworkOptions} from './modelSchema.js';
import {option} from './option.js';
import {optimSchema} from './optimSchema.js';
import {trainerShape} from './trainerSchema.js';
import {validateSchema} from './validateSchema.js';

/** Plugins hold functions and check themselves. */
const plugins = option(z.array(z.custom<RifePlugin>()).default([]), {
  words: 'Plugins, in the order in which they are applied.',
  expected: 'a list of plugins',
  example: '[gradClip()]',
  isSection: true,
});

const networks = option(z.array(z.custom<Network>()).optional(), {
  words: 'Networks that `model.name` may name besides those of rife-train.',
  expected: 'a list of networks',
  example: '[myNetwork]',
  isSection: true,
});

/** What decides a schema of the configuration. */
export interface SchemaParts {
  /** The network of the section `model`. @default its options are accepted as they are */
  network?: NetworkOptions | undefined;
  /** The section `data`. @default that of any source of batches */
  data?: typeof dataSchema | undefined;
}

/** Schema of a configuration. */
export const configSchema = ({network, data = dataSchema}: SchemaParts = {}) =>
  z.strictObject({
    data,
    model: modelSchema(network),
    optim: optimSchema.prefault({}),
    validate: validateSchema.prefault({}),
    gpu: gpuSchema.prefault({}),
    ...trainerShape,
    plugins,
    networks,
  });

/** A configuration with all defaults, or what is wrong with it. */
export const examineConfig = (config: unknown, parts?: SchemaParts) => examine(configSchema(parts), config);

function errorOf({path, got, expected, unknown}: Problem) {
  return unknown?.isOption
    ? configUnknown(unknown.path, unknown.meant, unknown.known)
    : configValue(path, got, expected);
}

/**
 * Checks a configuration and fills in every default; a complete one is returned as it is.
 * @param known networks that `model` may name. @default `model` stays as it is
 * @throws RIFE_ERR_MODEL_UNKNOWN; RIFE_ERR_CONFIG_VALUE naming all options that are wrong
 */
export function resolveConfig(user: UserConfig, known?: Networks): TrainConfig {
  const network = known?.named(user.model?.name);
  const {value, problems} = examineConfig(user, {network});
  if (problems) {
    const errors = problems.map(errorOf);
    throw errors.length === 1 ? errors[0]! : configValues(errors);
  }
  const {networks: _, ...config} = value;
  if (user.optim?.warmupSteps === undefined) config.optim.warmupSteps = defaultWarmup(config.steps);
  return config;
}
