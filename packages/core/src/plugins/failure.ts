import {isRifeError, pluginFailed} from '@rife-train/errors';

/**
 * A failure of a tap, with the names of plugin and hook; an error that has a plugin's name stays as
 * it is.
 */
export function namedFailure(plugin: string, hook: string, cause: unknown) {
  return isRifeError(cause) && cause.plugin !== undefined ? cause : pluginFailed(plugin, hook, cause);
}
