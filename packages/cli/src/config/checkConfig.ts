import {checkPlugin, didYouMean, type UserConfig} from '@rife-train/core';
import {
  configMistakesError,
  configShapeError,
  isRifeError,
  optionValueError,
  type RifeError,
  unknownOptionError,
} from '@rife-train/errors';
import type * as z from 'zod';
import {GROUPS, OPTIONS} from './options.js';
import {configSchema} from './schema.js';

/**
 * Checks what a configuration file exports, and tells all that is wrong at once.
 *
 * @param file path of the file, for messages
 * @throws RIFE_ERR_CLI_OPTION_UNKNOWN, RIFE_ERR_CLI_OPTION_VALUE, RIFE_ERR_PLUGIN_INVALID; of several RIFE_ERR_CLI_OPTIONS
 */
export function checkConfig(exported: unknown, file: string): UserConfig {
  if (!isRecord(exported)) throw configShapeError(file, exported);
  const result = configSchema.safeParse(exported);
  const mistakes = [
    ...(result.success ? [] : mistakesIn(result.error.issues, exported)),
    // Early: nobody should wait for an engine to learn that a plugin was not called.
    ...(Array.isArray(exported['plugins']) ? exported['plugins'].flatMap(pluginMistake) : []),
  ];
  if (mistakes.length > 1) throw configMistakesError(file, mistakes);
  if (mistakes[0]) throw mistakes[0];
  return exported as UserConfig;
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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An error for each option; one that has several issues has one. */
function mistakesIn(issues: readonly z.core.$ZodIssue[], config: unknown): RifeError[] {
  const unknown = issues.flatMap(issue =>
    issue.code === 'unrecognized_keys' && isGroup(issue.path)
      ? issue.keys.map(key => unknownKey(issue.path.map(String), key))
      : [],
  );
  const values = new Map<string, RifeError>();
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys' && isGroup(issue.path)) continue;
    const [name, error] = valueMistake(issue.path.map(String), config);
    // A misspelt name leaves the option that was meant missing; the misspelling is what to tell.
    const isMeant =
      valueAt(config, name.split('.')) === undefined && unknown.some(({meant}) => meant === name);
    if (!isMeant) values.set(name, error);
  }
  return [...unknown.map(({error}) => error), ...values.values()];
}

/** Is it an object of options, and not the value of one? */
const isGroup = (path: readonly PropertyKey[]) =>
  path.length === 0 || (path.length === 1 && (GROUPS as readonly PropertyKey[]).includes(path[0]!));

function valueMistake(path: readonly string[], config: unknown): [name: string, error: RifeError] {
  const spec = OPTIONS.find(option => isPrefix(option.path.split('.'), path));
  if (spec) {
    const got = valueAt(config, spec.path.split('.'));
    return [spec.path, optionValueError(spec.path, spec.expected, spec.example, got)];
  }
  const [name = ''] = path;
  const group = GROUP_EXPECTED[name] ?? {expected: 'an object with options', example: `${name}: {}`};
  return [name, optionValueError(name, group.expected, group.example, valueAt(config, [name]))];
}

const GROUP_EXPECTED: Record<string, {expected: string; example: string} | undefined> = {
  data: {expected: 'an object with options', example: "data: {root: './clips'}"},
  plugins: {expected: 'a list of plugins', example: 'plugins: [gradClip()]'},
};

const isPrefix = (start: readonly string[], path: readonly string[]) =>
  start.every((key, i) => path[i] === key);

const valueAt = (config: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), config);

/** Names an unknown option, with the known one that it resembles, be it in the same group or in another. */
function unknownKey(group: readonly string[], key: string): {error: RifeError; meant: string | undefined} {
  const prefix = group.length ? `${group.join('.')}.` : '';
  const siblings = namesIn(prefix);
  const near = didYouMean(key, siblings);
  const meant = near === undefined ? elsewhere(key) : prefix + near;
  const known = siblings.map(name => prefix + name);
  return {error: unknownOptionError(prefix + key, meant, known), meant};
}

function namesIn(prefix: string): string[] {
  const leaves = OPTIONS.filter(({path}) => path.startsWith(prefix)).map(({path}) =>
    path.slice(prefix.length),
  );
  const own = leaves.filter(name => !name.includes('.'));
  return prefix === '' ? [...GROUPS, ...own, 'plugins'] : own;
}

/** `crop` at the top level is `data.crop`. */
const elsewhere = (key: string) =>
  OPTIONS.find(({path}) => path.split('.').at(-1)!.toLowerCase() === key.toLowerCase())?.path;
