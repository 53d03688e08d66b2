import {RifeError} from './rifeError.js';

const part = 'plugin';

/** A plugin that needs a loss term which the model does not have. Plugins call this through core. */
export const lossTermMissing = (plugin: string, hook: string, term: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_LOSS_TERM',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" works on loss term "${term}", which is not there`,
    expected: `There are ${known.map(name => `"${name}"`).join(', ') || 'none'}`,
    fix: 'Remove the plugin, or put it before the plugin that takes the term away',
  });

/** A plugin that is published ahead of what it does. */
export const pluginUnfinished = (plugin: string, missing: string, instead: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_UNFINISHED',
    part,
    plugin,
    what: `Plugin "${plugin}" can't be used in this release: ${missing}`,
    fix: `Remove it from "plugins" in rife.config.ts; ${instead}`,
  });
