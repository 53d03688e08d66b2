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

/** State of a plugin in a checkpoint that this release of the plugin can't go on from. Plugins call this through core. */
export const pluginState = (plugin: string, entry: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_STATE',
    part,
    plugin,
    hook: 'load',
    what: `The checkpoint's state of plugin "${plugin}" is wrong${entry === '' ? '' : ` at "${entry}"`}: ${problem}`,
    expected: 'Expected what this release of the plugin writes',
    fix: 'Resume with the release that wrote the checkpoint, or remove the plugin from "plugins" in rife.config.ts',
  });

/** A decision about the data for a step whose batch may be drawn already. Plugins call this through core. */
export const readAhead = (plugin: string, hook: string, effective: number, asked: number) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_READ_AHEAD',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" decides on the data from step ${effective} on, but the source of batches has asked for step ${asked} already`,
    expected: 'Expected a source that reads at most data.prefetch batches ahead',
    fix: 'Raise data.prefetch to what the source reads ahead, or use the source of @rife-train/data',
  });
