import {checkPlugin, type UserConfig} from '@rife-train/core';
import {configShapeError, optionValueError, type RifeError, unknownOptionError} from '@rife-train/errors';
import type * as z from 'zod';
import {didYouMean} from './didYouMean.js';
import {GROUPS, OPTIONS} from './options.js';
import {configSchema} from './schema.js';

/**
 * Checks what a configuration file exports.
 *
 * @param file path of the file, for messages
 * @throws RIFE_ERR_CLI_OPTION_UNKNOWN, RIFE_ERR_CLI_OPTION_VALUE, RIFE_ERR_PLUGIN_INVALID
 */
export function checkConfig(exported: unknown, file: string): UserConfig {
  if (!isRecord(exported)) throw configShapeError(file, exported);
  const result = configSchema.safeParse(exported);
  if (!result.success) throw issueToError(mostTelling(result.error.issues), exported);
  // Early: nobody should wait for an engine to learn that a plugin was not called.
  for (const plugin of (exported['plugins'] ?? []) as unknown[]) checkPlugin(plugin);
  return exported as UserConfig;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A misspelt name often leaves another option missing as well; the misspelling is what to tell. */
function mostTelling(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  return issues.find(issue => issue.code === 'unrecognized_keys') ?? issues[0]!;
}

function issueToError(issue: z.core.$ZodIssue, config: unknown): RifeError {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return unknownKey(path, issue.keys[0]!);
  const spec = OPTIONS.find(option => isPrefix(option.path.split('.'), path));
  if (spec)
    return optionValueError(spec.path, spec.expected, spec.example, valueAt(config, spec.path.split('.')));
  const [name = ''] = path;
  const group = GROUP_EXPECTED[name] ?? {expected: 'an object with options', example: `${name}: {}`};
  return optionValueError(name, group.expected, group.example, valueAt(config, [name]));
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
function unknownKey(group: readonly string[], key: string): RifeError {
  const prefix = group.length ? `${group.join('.')}.` : '';
  const siblings = namesIn(prefix);
  const near = didYouMean(key, siblings);
  return unknownOptionError(
    prefix + key,
    near === undefined ? elsewhere(key) : prefix + near,
    siblings.map(name => prefix + name),
  );
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
