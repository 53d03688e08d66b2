import {RifeError, messageOf} from './rifeError.js';

const part = 'core';
const show = (value: unknown) =>
  typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ');

/** An option of a plugin that is not what it must be. Plugins call this through core. */
export const optionError = (plugin: string, option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}": option "${option}" must be ${expected}, but got ${show(got)}`,
    fix: `Change "${option}" where the plugin is created in rife.config.ts`,
  });

/** Options of a plugin that its schema refuses. */
export const optionRefused = (plugin: string, option: string, got: unknown, message: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}": ${option === '' ? 'its options are' : `option "${option}" is`} ${show(got)}`,
    expected: message,
    fix: `Change ${option === '' ? 'them' : `"${option}"`} where the plugin is created in rife.config.ts`,
  });

export {show as showValue};

/** An option that the trainer itself relies on. The CLI checks the others. */
export const configValue = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_CONFIG_VALUE',
    part,
    what: `Option "${option}" is ${show(got)}`,
    expected: `It must be ${expected}`,
    fix: `Change "${option}" in rife.config.ts`,
  });

/** Triplets at any time for a network that is not told the time. */
export const timestepUnknown = (model: string) =>
  new RifeError({
    code: 'RIFE_ERR_CONFIG_TIMESTEP',
    part,
    what: `Option "data.timestep" is "any", but ${model} is not told the timestep`,
    expected: `It can learn the middle only: frames at other times would teach it a blur`,
    fix: 'Set model.name to "IFNet_m", or data.timestep to "middle"',
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
        : `Plugin "${plugin}" is made for version ${show(got)} of the plugin contract`,
    expected: `This trainer has version ${expected}`,
    fix:
      got === undefined
        ? "Write definePlugin({name, apply}) of '@rife-train/core' in its factory"
        : 'Install versions of plugin and @rife-train/core that belong together',
  });

/** A plugin that brought its own copy of core. */
export const twoCores = (plugin: string, theirs: string, ours: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_TWO_CORES',
    part,
    plugin,
    what: `Plugin "${plugin}" uses another copy of @rife-train/core (${theirs}) than the trainer (${ours})`,
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

export const exposedTwice = (plugin: string, id: string, other: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_EXPOSE',
    part,
    plugin,
    what: `Plugin "${plugin}" exposes "${id}", which plugin "${other}" already exposes`,
    fix: 'Use one of the two plugins only, or expose under another id',
  });

/** A tap, or the apply function of a plugin, threw. */
export const pluginFailed = (plugin: string, hook: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN',
    part,
    plugin,
    hook,
    cause,
    what: `Plugin "${plugin}" failed in ${hook === 'apply' ? 'apply()' : `hook "${hook}"`}: ${messageOf(cause)}`,
    fix: 'See the cause for the place in the plugin; to go on without it, remove it from "plugins"',
  });

/** A tap returned something that its hook cannot take. */
export const tapReturned = (plugin: string, hook: string, returned: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_RETURN',
    part,
    plugin,
    hook,
    what: `Plugin "${plugin}" returned ${returned} from hook "${hook}"`,
    expected: `The hook takes ${expected}`,
    fix: 'Correct the tap in the plugin (docs/hooks.md says what each hook returns)',
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
    expected: 'Its function must return a finite number at every step',
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

/** A loss term of the model or of a plugin that cannot be summed up. */
export const lossTerm = (owner: string, term: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_LOSS_TERM',
    part,
    what: `Loss term "${term}" of ${owner} ${problem}`,
    expected: 'Each term has one value per sample [B], and a weight that is a number, a scalar or [B]',
    fix: `Correct "${term}" where it is added`,
  });

/** What is known about a step whose loss or gradient is not finite. */
export interface NonFiniteFacts {
  step: number;
  loss: number;
  gradNorm: number;
  terms: readonly string[];
  samples: readonly string[];
  gaps: readonly number[];
}

/** The run stops because of non-finite steps. `reason` says who decided it. */
export const nonFinite = (facts: NonFiniteFacts, reason: string) => {
  const samples = facts.samples.map((name, i) => `${name} (gap ${facts.gaps[i] ?? '?'})`).join(', ');
  const terms = facts.terms.length > 0 ? facts.terms.join(', ') : 'none, only the gradient';
  return new RifeError({
    code: 'RIFE_ERR_NON_FINITE',
    part,
    what: `Step ${facts.step} is not finite: loss ${facts.loss}, gradient norm ${facts.gradNorm}; terms: ${terms}; samples: ${samples}. ${reason}`,
    expected: 'The weights were not updated and the last checkpoint is whole',
    fix: 'Lower optim.learningRate, clip gradients with plugin-gradclip, or start with smaller data.gaps; then go on with --resume',
  });
};

export const weightsNonFinite = (step: number, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_NON_FINITE_WEIGHTS',
    part,
    what: `After ${step} steps ${names.length} weights or moments hold numbers that are not finite, first ${quoted(names.slice(0, 3))}; the checkpoint was not written`,
    expected:
      'Gradients were finite before the "gradients" hook, so a tap of it or the learning rate made them so',
    fix: 'Check the plugins that tap "gradients" and optim.learningRate; the last checkpoint is whole, go on with --resume',
  });

/** A file that `init` names and that has nothing for this network. */
export const initUnusable = (file: string, report: string) =>
  new RifeError({
    code: 'RIFE_ERR_INIT_UNUSABLE',
    part,
    what: `Nothing in "${file}", which "init" names, fits the network:\n${report}\n`,
    fix: 'Set "model" as in the run that wrote the weights, or name other weights; "rife-train weights inspect" shows what is in a file',
  });

/** Weights of `init` that are NaN or infinite. */
export const initNonFinite = (file: string, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_INIT_NON_FINITE',
    part,
    what: `${names.length} ${names.length === 1 ? 'tensor' : 'tensors'} in "${file}", which "init" names, hold numbers that are not finite, first ${quoted(names.slice(0, 3))}`,
    expected: 'A run that begins with NaN ends with NaN',
    fix: 'Name weights that were saved before they broke; "rife-train weights inspect" counts such numbers',
  });

export const checkpointsExist = (out: string, newest: string) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_EXISTS',
    part,
    what: `Folder "${out}" already holds checkpoints (newest "${newest}")`,
    fix: 'Add --resume to go on from there, or choose another "out"; nothing was changed',
  });

export const checkpointsBroken = (folder: string, problems: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_BROKEN',
    part,
    what: `No checkpoint in "${folder}" is whole: ${problems.join('; ')}`,
    fix: 'Restore the folder from a copy, or start anew with another "out"',
  });

export const checkpointOfAnotherModel = (folder: string, differences: readonly string[]) => {
  const shown = differences.slice(0, 8).join('; ');
  const more = differences.length > 8 ? `; and ${differences.length - 8} more` : '';
  return new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_MODEL',
    part,
    what: `Checkpoint "${folder}" is of another model: ${shown}${more}`,
    fix: 'Set "model" (and the plugins that change it) as in the run that wrote it, or choose another "out"',
  });
};

export const checkpointVersion = (folder: string, version: unknown, supported: number) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_VERSION',
    part,
    what: `Checkpoint "${folder}" has format version ${show(version)}`,
    expected: `This release reads version ${supported}`,
    fix: 'Resume with the release of rife-train that wrote it',
  });

export const checkpointWrite = (folder: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_WRITE',
    part,
    cause,
    what: `Checkpoint "${folder}" could not be written: ${messageOf(cause)}`,
    expected: 'The checkpoints before it are untouched',
    fix: 'Free space or permissions in "out", then go on with --resume',
  });

export const safetensorsFormat = (file: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_SAFETENSORS',
    part,
    what: `File "${file}" is not a sound safetensors file: ${problem}`,
    fix: 'Copy or write the file again',
  });

export const trainerState = (what: string, fix: string) =>
  new RifeError({code: 'RIFE_ERR_TRAINER_STATE', part, what, fix});
