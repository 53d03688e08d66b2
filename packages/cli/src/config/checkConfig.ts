import {checkPlugin, type UserConfig} from '@rife-train/core';
import {
  examineConfig,
  listOptions,
  networkNamed,
  type NetworkOptions,
  type Problem,
} from '@rife-train/core/config';
import {clipsSchema} from '@rife-train/data/config';
import {
  configMistakesError,
  configShapeError,
  isRifeError,
  optionValueError,
  type RifeError,
  unknownOptionError,
} from '@rife-train/errors';
import {NETWORK_OPTIONS} from '@rife-train/model/options';

/**
 * Checks what a configuration file exports, and reports all that is wrong at once.
 *
 * @param file path of the file, for messages
 * @throws RIFE_ERR_CLI_OPTION_UNKNOWN, RIFE_ERR_CLI_OPTION_VALUE, RIFE_ERR_PLUGIN_INVALID; of
 * several RIFE_ERR_CLI_OPTIONS
 */
export function checkConfig(exported: unknown, file: string): UserConfig {
  if (!isRecord(exported)) throw configShapeError(file, exported);
  const {network, mistake} = networkIn(exported);
  const {problems = []} = examineConfig(exported, {data: clipsSchema, network});
  const mistakes = [
    ...(mistake ? [mistake] : []),
    // An option that has several issues has one error.
    ...new Map(problems.map(errorOf)).values(),
    // Early: nobody should wait for an engine to learn that a plugin was not called.
    ...(Array.isArray(exported['plugins']) ? exported['plugins'].flatMap(pluginMistake) : []),
  ];
  if (mistakes.length > 1) throw configMistakesError(file, mistakes);
  if (mistakes[0]) throw mistakes[0];
  return exported as unknown as UserConfig;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function errorOf({whole, unknown}: Problem): [option: string, error: RifeError] {
  return unknown?.isOption
    ? [unknown.path, unknownOptionError(unknown.path, unknown.meant, unknown.known)]
    : [whole.path, optionValueError(whole.path, whole.expected, whole.example, whole.got)];
}

/** Options of the network that `model` names which are paths: `model.vgg`. */
export function networkPaths(config: UserConfig): string[] {
  const {network} = networkIn({...config});
  const listed = network ? listOptions(network.options) : [];
  return listed.filter(({meta}) => meta?.isPath).map(({path}) => `model.${path}`);
}

/** The network that `model` names: one of rife-train, or of `networks`. */
function networkIn({model, networks}: Record<string, unknown>): {
  network?: NetworkOptions;
  mistake?: RifeError;
} {
  const own = Array.isArray(networks) ? (networks as NetworkOptions[]) : [];
  const all = [...NETWORK_OPTIONS, ...own.filter(one => isRecord(one) && '~standard' in one.options)];
  const name = isRecord(model) ? model['name'] : undefined;
  try {
    return {network: networkNamed(all, name)};
  } catch (error) {
    if (isRifeError(error)) return {mistake: error};
    throw error;
  }
}

/** None, or what is wrong with an entry of `plugins`. */
function pluginMistake(candidate: unknown): RifeError[] {
  try {
    checkPlugin(candidate);
    return [];
  } catch (error) {
    if (isRifeError(error)) return [error];
    throw error;
  }
}
