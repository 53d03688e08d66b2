/** Errors of plugins, reported by core or by the plugin itself. */
import {showValue as show} from './core.js';
import {listedErrors, RifeError} from './rifeError.js';

const part = 'core';
const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ');

/** An invalid option of a plugin. Plugins call this through core. */
export const optionError = (plugin: string, option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}": option "${option}" must be ${expected}, but got ${show(got)}`,
    fix: `Change "${option}" where the plugin is created in rife.config.ts`,
  });

/** An option that the plugin's schema rejects. */
export const optionRefused = (plugin: string, option: string, got: unknown, message: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}": ${option === '' ? 'its options are' : `option "${option}" is`} ${show(got)}`,
    expected: message,
    fix: `Change ${option === '' ? 'them' : `"${option}"`} where the plugin is created in rife.config.ts`,
  });

/** An option that a plugin does not have. */
export const optionUnknown = (
  plugin: string,
  option: string,
  suggestion: string | undefined,
  known: readonly string[],
) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}" has no option "${option}"`,
    expected:
      suggestion !== undefined
        ? `Did you mean "${suggestion}"?`
        : known.length > 0
          ? `Options here are ${known.join(', ')}`
          : undefined,
    fix: `${suggestion === undefined ? 'Remove' : 'Rename'} it where the plugin is created in rife.config.ts`,
  });

/** Several options of a plugin that are wrong. */
export const optionsRefused = (plugin: string, errors: readonly RifeError[]) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}": ${errors.length} of its options are wrong${listedErrors(errors)}`,
    fix: 'Correct all of them where the plugin is created in rife.config.ts',
  });

/** Something in `plugins` that is not a plugin; `reason` says what it is instead. */
export const notAPlugin = (reason: string, fix: string) =>
  new RifeError({code: 'RIFE_ERR_PLUGIN_INVALID', part, what: reason, fix});

/** A plugin of another version of the contract, or one that `definePlugin` did not make. */
export const pluginApiVersion = (plugin: string, got: unknown, expected: number) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_API',
    part,
    plugin,
    what:
      got === undefined
        ? `Plugin "${plugin}" was not made by definePlugin`
        : `Plugin "${plugin}" was made for version ${show(got)} of the plugin contract`,
    expected: `This trainer expects version ${expected}`,
    fix:
      got === undefined
        ? "Write definePlugin({name, apply}) of '@rife-train/core' in its factory"
        : 'Install compatible versions of the plugin and @rife-train/core',
  });

/** A plugin that uses its own copy of core. */
export const twoCores = (plugin: string, theirs: string, ours: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_TWO_CORES',
    part,
    plugin,
    what: `Plugin "${plugin}" uses a different copy of @rife-train/core (${theirs}) than the trainer (${ours})`,
    expected: 'Both must share one: core is a peer dependency of plugins',
    fix: 'See `npm ls @rife-train/core`; move core to "peerDependencies" of the plugin and run `npm dedupe`',
  });

export const duplicatePlugin = (name: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_DUPLICATE',
    part,
    plugin: name,
    what: `Plugin "${name}" is used twice`,
    expected: 'A plugin name is unique in a run',
    fix: 'Remove one of the two from "plugins" in rife.config.ts',
  });

export const pluginCycle = (names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_ORDER',
    part,
    plugin: names[0],
    what: `Plugins ${quoted(names)} each ask to be applied after one another`,
    fix: 'Remove one of the names from the "after" or "before" of one of them',
  });

export const pluginTooLate = (name: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_LATE',
    part,
    plugin: name,
    what: `Plugin "${name}" was given to a trainer that is already running`,
    fix: 'Call trainer.use() before trainer.run()',
  });
