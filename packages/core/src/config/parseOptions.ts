import {optionRefused, optionsRefused, optionUnknown} from '@rife-train/errors';
import {examine, type OptionsSchema, type Problem} from './examine.js';

export type {OptionsSchema};

const errorOf = (plugin: string, {path, got, message, unknown}: Problem) =>
  unknown
    ? optionUnknown(plugin, unknown.path, unknown.meant, unknown.known)
    : optionRefused(plugin, path, got, message);

/**
 * Checks a plugin's options and fills in its defaults.
 *
 * @param plugin name of the plugin
 * @param schema synchronous; with unknown keys refused (`z.strictObject`), so that a typing error
 * is found
 * @throws RIFE_ERR_PLUGIN_OPTION naming all options that are wrong, what came and what the schema
 * says; of an unknown one, with zod, which was probably meant
 */
export function parseOptions<Output>(
  plugin: string,
  schema: OptionsSchema<Output>,
  options: unknown,
): Output {
  const result = examine(schema, options);
  if (!result.problems) return result.value;
  const errors = result.problems.map(problem => errorOf(plugin, problem));
  throw errors.length === 1 ? errors[0]! : optionsRefused(plugin, errors);
}
