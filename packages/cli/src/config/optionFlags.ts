/**
 * Flags of `train` that set an option of the configuration; words, values and defaults are those of
 * its schema.
 */
import {
  configSchema,
  defaultBy,
  listOptions,
  type ListedOption,
  type OptionMeta,
} from '@rife-train/core/config';
import {Option} from 'commander';
import * as z from 'zod';
import {wholeNumber} from '../commandOptions.js';

export interface OptionFlag extends ListedOption {
  meta: OptionMeta & {flag: string};
  /** Without the dashes: `init-key`. */
  flag: string;
  /** As commander names it: `initKey`. */
  name: string;
}

const hasFlag = (option: ListedOption): option is OptionFlag => option.meta?.flag !== undefined;

/** In the order of the configuration. */
export const OPTION_FLAGS: readonly OptionFlag[] = listOptions(configSchema())
  .filter(hasFlag)
  .map(option => {
    const flag = /--([\w-]+)/.exec(option.meta.flag)![1]!;
    return {...option, flag, name: flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())};
  });

/**
 * First sentence of the words, as commander writes help: without capital, full stop and marks of
 * code.
 */
const helpOf = ({words}: OptionMeta) =>
  words
    .replace(/\. [A-Z`].*$|\.$/s, '')
    .replace(/^[A-Z](?=[a-z]+\b)/, letter => letter.toLowerCase())
    .replaceAll('`', '');

/** The default, for `--help`; empty where the option must be given. */
function defaultOf({meta, schema}: OptionFlag): string {
  const text = meta.defaultWords ?? defaultBy(schema);
  return text === undefined ? '' : ` (default: ${text.replaceAll('`', '')})`;
}

function flagOf(option: OptionFlag): Option {
  const flag = new Option(option.meta.flag, helpOf(option.meta) + defaultOf(option));
  const inner = option.schema instanceof z.ZodDefault ? option.schema.unwrap() : option.schema;
  if (inner instanceof z.ZodEnum) return flag.choices(inner.options.map(String));
  return inner instanceof z.ZodNumber ? flag.argParser(wholeNumber(inner.minValue ?? 0)) : flag;
}

/** For the command. */
export const optionFlags = (): Option[] => OPTION_FLAGS.map(flagOf);
