/** The networks that a configuration can name. */
import {modelNetworkError, modelOptionError, modelUnknownError} from '@rife-train/errors';
import {examine} from '../config/examine.js';
import {modelSchema} from '../config/modelSchema.js';
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

/** Some networks, by name. */
export class Networks {
  private readonly byName: ReadonlyMap<string, Network>;

  /**
   * @param networks the first is the default
   * @throws RIFE_ERR_MODEL_NETWORK
   */
  constructor(networks: readonly Network[]) {
    const checked = networks.map(checkNetwork);
    for (const [i, {name}] of checked.entries())
      if (checked.findIndex(other => other.name === name) < i)
        throw modelNetworkError(`Network "${name}"`, 'a name that no other network has');
    this.byName = new Map(checked.map(network => [network.name, network]));
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  /**
   * @param name @default the first network
   * @throws RIFE_ERR_MODEL_UNKNOWN
   */
  named(name: unknown = this.names[0]): Network {
    const network = typeof name === 'string' ? this.byName.get(name) : undefined;
    if (!network) throw modelUnknownError(name, this.names);
    return network;
  }

  /**
   * The complete options of a network.
   * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
   */
  resolve(given: Partial<ModelOptions> = {}): ModelOptions {
    const {value, problems} = examine(modelSchema(this.named(given.name)), given);
    if (!problems) return value;
    const {path, got, expected, unknown} = problems[0]!;
    if (!unknown) throw modelOptionError(path, got, expected);
    const known = unknown.known.join(', ');
    throw modelOptionError(unknown.path, unknown.got, `left out (there are ${known})`);
  }

  /**
   * @param options as the `model` hook left them
   * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
   */
  create(options: ModelOptions): Model {
    return this.named(options.name).create(this.resolve(options));
  }

  /** The options of the first network that says these tensors are its own. */
  recognize(tensors: TensorShapes): ModelOptions | undefined {
    for (const network of this.byName.values()) {
      const options = network.recognize?.(tensors);
      if (options) return options;
    }
    return undefined;
  }
}

/** The networks of a run: those that rife-train comes with, then those of its configuration. */
export const networksOf = (known: readonly Network[], {networks = []}: Pick<UserConfig, 'networks'>) =>
  new Networks([...known, ...networks]);
