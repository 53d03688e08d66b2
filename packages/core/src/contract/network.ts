/** A network that configurations can name. */
import type {OptionsSchema} from '../config/parseOptions.js';
import type {Model, ModelOptions} from './model.js';

/** Version of this contract; a network for another one is refused. */
export const NETWORK_API_VERSION = 1;

/** Names and shapes of the tensors of a weights file, without `module.`. */
export type TensorShapes = ReadonlyMap<string, {readonly shape: readonly number[]}>;

/** What a network's author writes. */
export interface NetworkDefinition {
  /** What `model.name` says; one that no other network of the configuration has. */
  name: string;
  /**
   * Checks `model` and fills in the defaults: a schema of zod, valibot or arktype that refuses
   * unknown keys. It must accept what it returned, since options are checked again after the
   * `model` hook. The messages complete "must be ...".
   */
  options: OptionsSchema<ModelOptions>;
  /**
   * Builds the network; `options` have been checked. Plans build it too, so nothing large is
   * allocated here.
   */
  create(options: ModelOptions): Model;
  /**
   * The options of the network that these tensors belong to, for weights without a configuration.
   * @returns undefined for the tensors of other networks
   * @default such weights need a configuration or a checkpoint beside them
   */
  recognize?(tensors: TensorShapes): ModelOptions | undefined;
}

/**
 * A network as {@link NetworkDefinition} with the contract that it was written for; made by
 * `defineNetwork`.
 */
export interface Network extends NetworkDefinition {
  readonly apiVersion: number;
}
