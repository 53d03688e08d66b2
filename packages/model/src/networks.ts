/** The networks of this package. */
import {defineNetwork, Networks, type Model, type ModelOptions, type Network} from '@rife-train/core';
import {createIfNet} from './createIfNet.js';
import {recognizeIfNet} from './deduceOptions.js';
import {IFNETS, ifNetOptions} from './options.js';
import {RIFE4} from './rife4/architecture.js';
import {createRife4} from './rife4/createRife4.js';
import {recognizeRife4} from './rife4/deduce.js';
import {rife4Options} from './rife4/options.js';

/**
 * `IFNet`: that of RIFE with privileged teacher, context net and U-net. `IFNet_m`: the same with a
 * timestep per sample. `RIFE4`: the networks of versions 4.0 to 4.26.
 */
export const NETWORKS: readonly Network[] = [
  ...Object.keys(IFNETS).map(name =>
    defineNetwork({
      name,
      options: ifNetOptions,
      create: createIfNet,
      recognize: tensors => {
        const options = recognizeRife4(tensors) ? undefined : recognizeIfNet(tensors);
        return options?.name === name ? options : undefined;
      },
    }),
  ),
  defineNetwork({name: RIFE4, options: rife4Options, create: createRife4, recognize: recognizeRife4}),
];

const networks = new Networks(NETWORKS);

/**
 * Builds one of them. Options that are left out have the network's defaults.
 * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
 */
export const createModel = (options: Partial<ModelOptions>): Model => networks.create(options);
