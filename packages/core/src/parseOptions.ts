import {optionRefused} from '@rife-train/errors';

interface Issue {
  readonly message: string;
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

/**
 * Checks a plugin's options and fills in its defaults.
 *
 * @param plugin name of the plugin
 * @param schema synchronous; with unknown keys refused (`z.strictObject`), so that a typing error is found
 * @throws RIFE_ERR_PLUGIN_OPTION naming the first option that is wrong, what came and what the schema says
 */
export function parseOptions<Output>(
  plugin: string,
  schema: OptionsSchema<Output>,
  options: unknown,
): Output {
  const result = schema['~standard'].validate(options);
  if (result instanceof Promise) throw new TypeError(`the schema of plugin "${plugin}" is asynchronous`);
  if (!result.issues) return result.value;
  const [issue] = result.issues as [Issue];
  const keys = keysOf(issue);
  throw optionRefused(plugin, keys.map(String).join('.'), valueAt(options, keys), issue.message);
}
