/** `--set optim.learningRate=1e-4`: any option of the configuration, from the command line. */
import {resolve} from 'node:path';
import type {UserConfig} from '@rife-train/core';
import {configSchema, listOptions} from '@rife-train/core/config';
import {setPluginsError, usageError} from '@rife-train/errors';
import {checkConfig, networkPaths} from './checkConfig.js';

/** Options that are paths: relative to the folder of the command here, as in other flags. */
const PATHS = listOptions(configSchema())
  .filter(({meta}) => meta?.isPath)
  .map(({path}) => path);

/**
 * A value as JSON, or, where it is none, as the text that it is: `--set model.name=IFNet_m` needs
 * no quotes.
 */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(/^[\d._+-]+(e[+-]?\d+)?$/i.test(text) ? text.replaceAll('_', '') : text);
  } catch {
    return text;
  }
}

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy with another value at a path; what is on the way and no object becomes one. */
export function withValue<T extends object>(tree: T, [key, ...rest]: readonly string[], value: unknown): T {
  const inner = (tree as Tree)[key!];
  return {...tree, [key!]: rest.length === 0 ? value : withValue(isTree(inner) ? inner : {}, rest, value)};
}

/**
 * The configuration with options that are set on the command line, checked as those of the file
 * are.
 * @param cwd what paths among them are relative to
 * @throws RIFE_ERR_CLI_USAGE, RIFE_ERR_CLI_SET_PLUGINS, RIFE_ERR_CLI_OPTION_UNKNOWN,
 * RIFE_ERR_CLI_OPTION_VALUE, RIFE_ERR_CONFIG_VALUE
 */
export function withSet<T extends UserConfig>(config: T, settings: readonly string[], cwd: string): T {
  if (settings.length === 0) return config;
  const changed = settings.reduce<Tree>((tree, setting) => {
    const at = setting.indexOf('=');
    if (at < 1)
      throw usageError(
        `"--set ${setting}" must be <option>=<value>, as in --set optim.learningRate=1e-4`,
        'rife-train train --help',
      );
    const path = setting.slice(0, at).trim();
    if (path.split('.')[0] === 'plugins') throw setPluginsError(path);
    const value = valueOf(setting.slice(at + 1).trim());
    const isPath =
      [...PATHS, ...networkPaths(tree as unknown as UserConfig)].includes(path) &&
      typeof value === 'string' &&
      value !== '';
    return withValue(tree, path.split('.'), isPath ? resolve(cwd, value) : value);
  }, config as Tree);
  return checkConfig(changed, '--set') as T;
}
