/** Errors of what a plugin's taps do, reported by core. */
import {showValue as show} from './core.js';
import {isRifeError, messageOf, RifeError} from './rifeError.js';

const part = 'core';

/** A tap, or the apply function of a plugin, threw. */
export const pluginFailed = (plugin: string, hook: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN',
    part,
    plugin,
    hook,
    cause,
    what: `Plugin "${plugin}" failed in ${hook === 'apply' ? 'apply()' : `hook "${hook}"`}: ${messageOf(cause)}`,
    fix: 'The cause shows the place in the plugin; to train without the plugin, remove it from "plugins"',
  });

/**
 * A failure of a tap, with the names of plugin and hook; an error that has a plugin's name stays as
 * it is.
 */
export const namedFailure = (plugin: string, hook: string, cause: unknown) =>
  isRifeError(cause) && cause.plugin !== undefined ? cause : pluginFailed(plugin, hook, cause);

/** A timer that a plugin started threw, or a Promise that nobody waits for was rejected. */
export const pluginStray = (plugin: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN',
    part,
    plugin,
    cause,
    what: `Plugin "${plugin}" failed outside its taps, in a timer or a Promise that it started: ${messageOf(cause)}`,
    expected: 'The run has finished its step and saved',
    fix: 'Catch the error there, or return the Promise from a tap; then continue with --resume',
  });

/** A tap returned something that its hook does not accept. */
export const tapReturned = (plugin: string, hook: string, returned: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_RETURN',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" returned ${returned} from hook "${hook}"`,
    expected: `The hook expects ${expected}`,
    fix: 'Correct the tap in the plugin (docs/hooks.md says what each hook returns)',
  });

/** A tap changed its argument to something that the trainer can't use. */
export const tapChanged = (plugin: string, hook: string, changed: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_RETURN',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" set ${changed} in hook "${hook}"`,
    expected: `The hook expects ${expected}`,
    fix: 'Correct the tap in the plugin (docs/hooks.md says what a tap of each hook may change)',
  });

export const unknownHook = (plugin: string, hook: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_HOOK_UNKNOWN',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" asks for hook "${hook}", which does not exist`,
    expected: `There are ${known.join(', ')}`,
    fix: 'Use one of these names',
  });

export const hookIsSync = (plugin: string, hook: string, method: string) =>
  new RifeError({
    code: 'RIFE_ERR_HOOK_SYNC',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" calls ${method} on hook "${hook}", which is synchronous`,
    fix: `Write hooks.${hook}.tap(name, fn) with a function that returns at once`,
  });

export const scalarClash = (plugin: string, hook: string, name: string, other: string) =>
  new RifeError({
    code: 'RIFE_ERR_SCALAR_CLASH',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" declares scalar "${name}", which ${
      other === plugin ? 'it declared before with another function' : `belongs to "${other}"`
    }`,
    fix:
      other === plugin
        ? 'Create the function once, outside the tap, and pass the same one each time'
        : 'Use a name that begins with the name of the plugin',
  });

export const scalarValue = (plugin: string, name: string, got: unknown, step: number) =>
  new RifeError({
    code: 'RIFE_ERR_SCALAR_VALUE',
    part,
    plugin,
    what: `Scalar "${name}" of plugin "${plugin}" is ${typeof got === 'number' ? String(got) : show(got)} at step ${step}`,
    expected: 'Its function must return a number that is finite in float32 at every step',
    fix: 'Correct the function that is given to trace.scalar',
  });

export const traceParameter = (plugin: string, hook: string, name: string, count: number) =>
  new RifeError({
    code: 'RIFE_ERR_TRACE_PARAMETER',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" asks for parameter "${name}", which the model does not have`,
    expected: `It has ${count}, by the names that their gradients have in the "gradients" hook`,
    fix: 'Correct the trace.parameter call in the plugin',
  });

export const logKey = (plugin: string, hook: string, key: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_LOG_KEY',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" logs "${key}": ${problem}`,
    expected: 'A log is a scalar tensor under a key "<plugin>/<what>" of its own',
    fix: 'Correct the trace.log call in the plugin',
  });

/** A loss term of the model or of a plugin that cannot be added to the loss. */
export const lossTerm = (owner: string, term: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_LOSS_TERM',
    part,
    what: `Loss term "${term}" of ${owner} ${problem}`,
    expected: 'Each term has one value per sample [B], and a weight that is a number, a scalar or [B]',
    fix: `Correct "${term}" where it is added`,
  });

/**
 * A plugin that needs a loss term which the model does not have. Plugins call this through core.
 */
export const lossTermMissing = (plugin: string, hook: string, term: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_LOSS_TERM',
    part: 'plugin',
    plugin,
    hook,
    what: `Plugin "${plugin}" needs loss term "${term}", which does not exist`,
    expected: `There are ${known.map(name => `"${name}"`).join(', ') || 'none'}`,
    fix: 'Remove the plugin, or put it before the plugin that removes the term',
  });

/**
 * State in a checkpoint that this release of the plugin can't use. Plugins call this through core.
 */
export const pluginState = (plugin: string, entry: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_STATE',
    part: 'plugin',
    plugin,
    hook: 'load',
    what: `The checkpoint's state of plugin "${plugin}" is wrong${entry === '' ? '' : ` at "${entry}"`}: ${problem}`,
    expected: 'Expected what this release of the plugin writes',
    fix: 'Resume with the release that wrote the checkpoint, or remove the plugin from "plugins" in rife.config.ts',
  });

/** State that a plugin wants to save, and that JSON does not keep. */
export const pluginStateUnsavable = (plugin: string, path: string, value: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_STATE',
    part,
    plugin,
    hook: 'save',
    what: `Plugin "${plugin}" saves ${value}${path === '' ? '' : ` at "${path}"`}, which a checkpoint can't hold`,
    expected:
      'Expected JSON: finite numbers, strings, booleans, null, arrays and plain objects. Earlier checkpoints are unchanged',
    fix: 'Convert it in the tap of "save" and back in the tap of "load", or leave the plugin out; then continue with --resume',
  });

/**
 * A decision about the data for a step whose batch may be drawn already. Plugins call this through
 * core.
 */
export const readAhead = (plugin: string, hook: string, effective: number, asked: number) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_READ_AHEAD',
    part: 'plugin',
    plugin,
    hook,
    what: `Plugin "${plugin}" decides on the data from step ${effective} on, but the batch source has already requested step ${asked}`,
    expected: 'Expected a source that reads at most data.prefetch batches ahead',
    fix: 'Raise data.prefetch to the number of batches that the source reads ahead, or use the source of @rife-train/data',
  });

/** A tap whose Promise does not settle. */
export const tapHangs = (plugin: string, hook: string, seconds: number) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_HANGS',
    part: 'core',
    plugin,
    hook,
    what: `Plugin "${plugin}" did not settle the Promise of its tap on "${hook}" in ${seconds} s (hookTimeout)`,
    expected: 'The step waits for it; the last checkpoint is intact',
    fix: 'Correct the plugin, raise "hookTimeout", or leave the plugin out; then continue with --resume',
  });
