import {optionError} from '@rife-train/errors';

/**
 * Refuses options that a plugin does not have.
 *
 * @param known names that it has
 * @param prefix path of `given` in the plugin's options, such as `schedule.`
 * @throws RIFE_ERR_PLUGIN_OPTION naming the first unknown one, and those that exist
 */
export function refuseUnknownOptions(
  plugin: string,
  given: object,
  known: readonly string[],
  prefix = '',
): void {
  const unknown = Object.entries(given).find(([key]) => !known.includes(key));
  if (unknown)
    throw optionError(plugin, prefix + unknown[0], unknown[1], `left out (there are ${known.join(', ')})`);
}
