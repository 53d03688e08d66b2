import {optionRefused, optionsRefused, optionUnknown} from '@rife-train/errors';
import {didYouMean} from './didYouMean.js';

interface Issue {
  readonly message: string;
  /** Of zod: `unrecognized_keys`, and which. */
  readonly code?: string;
  readonly keys?: readonly string[];
  readonly path?: readonly (PropertyKey | {readonly key: PropertyKey})[] | undefined;
}
type Result<Output> =
  {readonly value: Output; readonly issues?: undefined} | {readonly issues: readonly Issue[]};

/** What is used of a schema: the Standard Schema (https://standardschema.dev), which zod, valibot and arktype have. */
export interface OptionsSchema<Output> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
  };
}

const keysOf = ({path = []}: Issue) => path.map(part => (typeof part === 'object' ? part.key : part));
const valueAt = (options: unknown, keys: readonly PropertyKey[]): unknown =>
  keys.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], options);

/** What zod knows of its schemas; others say nothing of themselves. */
interface Described {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly def?: {
    readonly innerType?: unknown;
    readonly options?: readonly unknown[];
    readonly in?: unknown;
    readonly element?: unknown;
  };
}

/** Names of the options of a group, as far as its schema tells. */
function namesAt(schema: unknown, [first, ...rest]: readonly PropertyKey[]): string[] {
  const {shape, def} = (schema ?? {}) as Described;
  if (shape) return first === undefined ? Object.keys(shape) : namesAt(shape[String(first)], rest);
  if (def?.element !== undefined && first !== undefined) return namesAt(def.element, rest);
  const path = first === undefined ? [] : [first, ...rest];
  const inner = [def?.innerType, def?.in, ...(def?.options ?? [])].filter(one => one !== undefined);
  return [...new Set(inner.flatMap(one => namesAt(one, path)))];
}

/** An option that a schema refuses. */
export interface OptionIssue {
  /** `distill.margin`; '' for the options as a whole. */
  path: string;
  got: unknown;
  /** What the schema says; of an unknown option, to leave it out. */
  expected: string;
}

/** Runs a schema that must be synchronous; either the complete options or what is wrong with them. */
export function checkedOptions<Output>(
  schema: OptionsSchema<Output>,
  options: unknown,
): {output: Output | undefined; issues: OptionIssue[]} {
  const result = schema['~standard'].validate(options);
  if (result instanceof Promise) throw new TypeError('the schema is asynchronous');
  if (!result.issues) return {output: result.value, issues: []};
  const issues = result.issues.flatMap((issue): OptionIssue[] => {
    const keys = keysOf(issue);
    const at = (...more: string[]) => [...keys.map(String), ...more].join('.');
    if (issue.code !== 'unrecognized_keys' || !issue.keys)
      return [{path: at(), got: valueAt(options, keys), expected: issue.message}];
    const expected = `left out (there are ${namesAt(schema, keys).join(', ')})`;
    return issue.keys.map(key => ({path: at(key), got: valueAt(options, [...keys, key]), expected}));
  });
  return {output: undefined, issues};
}

/** An error for each thing that is wrong: an issue, or an option that there is not. */
function errorsOf(plugin: string, schema: unknown, options: unknown, issue: Issue) {
  const keys = keysOf(issue);
  const path = keys.map(String);
  if (issue.code === 'unrecognized_keys' && issue.keys) {
    const names = namesAt(schema, keys);
    const whole = (name: string) => [...path, name].join('.');
    return issue.keys.map(key => {
      const near = didYouMean(key, names);
      return optionUnknown(
        plugin,
        whole(key),
        near === undefined ? undefined : whole(near),
        names.map(whole),
      );
    });
  }
  return [optionRefused(plugin, path.join('.'), valueAt(options, keys), issue.message)];
}

/**
 * Checks a plugin's options and fills in its defaults.
 *
 * @param plugin name of the plugin
 * @param schema synchronous; with unknown keys refused (`z.strictObject`), so that a typing error is found
 * @throws RIFE_ERR_PLUGIN_OPTION naming all options that are wrong, what came and what the schema says; of an unknown one, with zod, which was probably meant
 */
export function parseOptions<Output>(
  plugin: string,
  schema: OptionsSchema<Output>,
  options: unknown,
): Output {
  const result = schema['~standard'].validate(options);
  if (result instanceof Promise) throw new TypeError(`the schema of plugin "${plugin}" is asynchronous`);
  if (!result.issues) return result.value;
  const errors = result.issues.flatMap(issue => errorsOf(plugin, schema, options, issue));
  throw errors.length === 1 ? errors[0]! : optionsRefused(plugin, errors);
}
