/** Replicas load the configuration again; it may be another one: it is a program. */
import {resolveConfig, type UserConfig} from '@rife-train/core';
import {configDiffersError} from '@rife-train/errors';
import {jsonValue} from './runRecord.js';

/** Every value of a configuration, as JSON by its path. */
export type ConfigValues = Record<string, string>;

function collect(value: unknown, path: string, into: ConfigValues): void {
  if (typeof value !== 'object' || value === null) into[path] = JSON.stringify(value) ?? 'undefined';
  else for (const [key, inner] of Object.entries(value)) collect(inner, path ? `${path}.${key}` : key, into);
}

/** The values of a complete configuration; functions, as in options of plugins, by their source. */
export function valuesOf(config: UserConfig): ConfigValues {
  const {plugins, ...options} = resolveConfig(config);
  const own = plugins.map(({name, options: given}) => ({name, options: textOf(given)}));
  const values: ConfigValues = {};
  collect(JSON.parse(JSON.stringify({...options, plugins: own}, jsonValue)), '', values);
  return values;
}

/** A plugin may keep anything in its options, also what JSON can't hold. */
function textOf(options: unknown): string | undefined {
  try {
    return JSON.stringify(options, jsonValue);
  } catch {
    return undefined;
  }
}

/**
 * Compares the configuration of a replica with that of the command.
 * @throws RIFE_ERR_CLI_CONFIG_LOAD that names an option with two values
 */
export function checkSameConfig(file: string, expected: ConfigValues, config: UserConfig): void {
  const values = valuesOf(config);
  const paths = [...new Set([...Object.keys(expected), ...Object.keys(values)])];
  const path = paths.find(one => expected[one] !== values[one]);
  if (path !== undefined) throw configDiffersError(file, path, expected[path], values[path]);
}
