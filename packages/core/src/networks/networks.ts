/** The networks that a configuration can name. */
import {modelNetworkError} from '@rife-train/errors';
import {modelOptions, networkNamed} from '../config/modelSchema.js';
import {
  NETWORK_API_VERSION,
  type Model,
  type ModelOptions,
  type Network,
  type NetworkDefinition,
  type TensorShapes,
  type UserConfig,
} from '../contract/index.js';

/** Marks a network as written for this contract. */
export const defineNetwork = (network: NetworkDefinition): Network => ({
  ...network,
  apiVersion: NETWORK_API_VERSION,
});

function checkNetwork(candidate: unknown): Network {
  const {name, options, create, apiVersion} = (candidate ?? {}) as Partial<Network>;
  const is = typeof name === 'string' && name !== '' ? `Network "${name}"` : 'A network without a name';
  if (typeof name !== 'string' || name === '') throw modelNetworkError(is, 'a name, as `model.name` says it');
  if (typeof create !== 'function' || options?.['~standard'] === undefined)
    throw modelNetworkError(is, 'a schema `options` and a function `create`');
  if (apiVersion !== NETWORK_API_VERSION)
    throw modelNetworkError(is, `defineNetwork of a rife-train with network contract ${NETWORK_API_VERSION}`);
  return candidate as Network;
}

/** Entries of the graph have their names. */
function withSoundVariants(model: Model): Model {
  const {name, variants} = model;
  if (!variants) return model;
  const names = variants.map(variant => variant.name);
  const total = variants.reduce((sum, {share}) => sum + (share > 0 ? share : NaN), 0);
  const named = names.every(each => /^[\w.-]+$/.test(each)) && new Set(names).size === names.length;
  if (named && Math.abs(total - 1) < 1e-6) return model;
  const got = `[${variants.map(variant => `${variant.name}: ${variant.share}`).join(', ')}]`;
  throw modelNetworkError(
    `Network "${name}" with variants ${got}`,
    'variants with different names of letters, digits, ".", "_" and "-", and shares above 0 that add up to 1',
  );
}

/** Some networks, by name. */
export class Networks {
  private readonly all: readonly Network[];

  /**
   * @param networks the first is the default
   * @throws RIFE_ERR_MODEL_NETWORK
   */
  constructor(networks: readonly Network[]) {
    this.all = networks.map(checkNetwork);
    const names = this.all.map(({name}) => name);
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice !== undefined)
      throw modelNetworkError(`Network "${twice}"`, 'a name that no other network has');
  }

  /**
   * @param name @default the first network
   * @throws RIFE_ERR_MODEL_UNKNOWN
   */
  named(name?: unknown): Network {
    return networkNamed(this.all, name);
  }

  /**
   * The complete options of a network.
   * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
   */
  resolve(given: Partial<ModelOptions> = {}): ModelOptions {
    return modelOptions(this.named(given.name), given);
  }

  /**
   * @param options as the `model` hook left them; options that are left out have the defaults
   * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION, RIFE_ERR_MODEL_NETWORK
   */
  create(options: Partial<ModelOptions>): Model {
    return withSoundVariants(this.named(options.name).create(this.resolve(options)));
  }

  /** The options of the first network that says these tensors are its own. */
  recognize(tensors: TensorShapes): ModelOptions | undefined {
    for (const network of this.all) {
      const options = network.recognize?.(tensors);
      if (options) return options;
    }
    return undefined;
  }
}

/** The networks of a run: those that rife-train comes with, then those of its configuration. */
export const networksOf = (known: readonly Network[], {networks = []}: Pick<UserConfig, 'networks'>) =>
  new Networks([...known, ...networks]);
