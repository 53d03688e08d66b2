import {existsSync, statSync} from 'node:fs';
import {dirname, extname, isAbsolute, resolve} from 'node:path';
import type {UserConfig} from '@rife-train/core';
import {
  configExtensionError,
  configLoadError,
  configMissingError,
  configNotFoundError,
  installCommands,
  isOwnPackage,
  isRifeError,
  messageOf,
} from '@rife-train/errors';
import {nextRun, RUNS} from '../train/runFolders.js';
import {checkConfig, networkPaths} from './checkConfig.js';
import {LOADERS} from './loaders.js';
import {MINIMAL_CONFIG} from './minimalConfig.js';

/** Names looked for, in this order, in the current folder. */
export const CONFIG_NAMES = [
  'rife.config.ts',
  'rife.config.mts',
  'rife.config.js',
  'rife.config.mjs',
  'rife.config.cjs',
  'rife.config.json',
  'rife.config.yaml',
  'rife.config.yml',
];

/** A checked configuration; its paths are absolute. */
export interface LoadedConfig {
  /** Absolute path of the file. */
  path: string;
  config: LocatedConfig;
  /**
   * Folder in which runs are numbered, where the configuration names no `out`; `config.out` is then
   * the next of them.
   */
  runs: string | undefined;
}

/** A configuration whose paths are absolute. */
export type LocatedConfig = UserConfig & {out: string};

/**
 * Finds, loads and checks the configuration.
 *
 * @param folder where it is looked for
 * @param named path given by --config, relative to `folder`; then nothing is looked for
 * @throws RIFE_ERR_CLI_CONFIG_* and RIFE_ERR_CLI_OPTION_*
 */
export async function loadConfig(folder: string, named?: string): Promise<LoadedConfig> {
  const path = named === undefined ? find(folder) : resolve(folder, named);
  if (!existsSync(path) || !statSync(path).isFile()) throw configNotFoundError(path);
  const checked = checkConfig(await load(path), path);
  const runs = checked.out === undefined ? resolve(dirname(path), RUNS) : undefined;
  return {path, config: absolutePaths(checked, dirname(path)), runs};
}

/** Path of the configuration in a folder. @throws RIFE_ERR_CLI_CONFIG_MISSING */
function find(folder: string): string {
  const name = CONFIG_NAMES.find(candidate => existsSync(resolve(folder, candidate)));
  if (name === undefined) throw configMissingError(folder, CONFIG_NAMES, MINIMAL_CONFIG);
  return resolve(folder, name);
}

/** Reads this one file: nothing else in its folder, or in that of the command, decides anything. */
async function load(path: string): Promise<unknown> {
  const loader = LOADERS[extname(path)];
  if (!loader) throw configExtensionError(path, Object.keys(LOADERS));
  try {
    return await loader(path);
  } catch (error) {
    if (isRifeError(error)) throw error;
    throw configLoadError(path, messageOf(error), remedy(error), error);
  }
}

/** What to do about a configuration that threw while it was loaded. */
function remedy(error: unknown): string {
  const missing = /Cannot find package '([^']+)'/.exec(messageOf(error))?.[1];
  if (missing !== undefined) {
    const commands = isOwnPackage(missing) ? installCommands([missing]) : [`npm install ${missing}`];
    return `Install it beside the configuration: ${commands.join(' && ')}`;
  }
  if (/Cannot find module .*\.ts'/.test(messageOf(error)))
    return 'A configuration can import JavaScript files and packages, but no other TypeScript file';
  return 'Correct the file; --debug shows the stack';
}

/** Paths in the file are relative to the file, not to the folder in which the command runs. */
function absolutePaths(config: UserConfig, folder: string): LocatedConfig {
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
  const paths = networkPaths(config);
  const located = ([option, value]: [string, unknown]) =>
    typeof value === 'string' && paths.includes(`model.${option}`)
      ? [option, absolute(value)]
      : [option, value];
  return {
    ...config,
    ...(config.model ? {model: Object.fromEntries(Object.entries(config.model).map(located))} : {}),
    data: {...config.data, root: absolute(config.data.root)},
    out: config.out === undefined ? nextRun(resolve(folder, RUNS)) : absolute(config.out),
    ...(config.init ? {init: absolute(config.init)} : {}),
  };
}
