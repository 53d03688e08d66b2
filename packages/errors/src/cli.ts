import {showValue} from './core.js';
import {listedErrors, messageOf, RifeError} from './rifeError.js';

const part = 'cli';

/**
 * A command line that can't be understood: an unknown command or flag, or a value that a flag can't
 * take.
 */
export const usageError = (what: string, help = 'rife-train --help') =>
  new RifeError({code: 'RIFE_ERR_CLI_USAGE', part, what, fix: `See "${help}"`});

/** No configuration file in the folder, and none named by --config. */
export const configMissingError = (folder: string, names: readonly string[], minimal: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_CONFIG_MISSING',
    part,
    what: `There is no configuration file in ${folder}`,
    expected: `Looked for ${names.join(', ')}`,
    fix: `Name one with --config <path>, or save the following as rife.config.ts and change "root".\n\n${minimal.trimEnd()}\n\nThen run the command again`,
  });

/** --config names a file that does not exist. */
export const configNotFoundError = (path: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_CONFIG_NOT_FOUND',
    part,
    what: `The configuration file ${path} does not exist`,
    fix: 'Check the path after --config',
  });

/** The configuration file exists, but running (or parsing) it failed. */
export const configLoadError = (path: string, reason: string, fix: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_CONFIG_LOAD',
    part,
    what: `The configuration file ${path} could not be loaded: ${reason}`,
    fix,
    cause,
  });

/** A configuration that is another one when a replica loads it. */
export const configDiffersError = (path: string, option: string, first = 'left out', second = 'left out') =>
  configLoadError(
    path,
    `"${option}" is ${first} for the command and ${second} for a replica, which loads the file again`,
    'Let the file give the same values each time: no random numbers, times or process numbers',
  );

/** A configuration of an unknown kind. */
export const configExtensionError = (path: string, known: readonly string[]) =>
  configLoadError(path, 'its extension is unknown', `Name it with one of ${known.join(', ')}`);

/**
 * A TypeScript configuration in a folder that can't be written: it is compiled beside the source.
 */
export const configReadOnlyError = (path: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_CONFIG_READ_ONLY',
    part,
    what: `The configuration ${path} is TypeScript, and its folder can't be written`,
    expected:
      'The JavaScript compiled from it is written beside it for a moment, so that its imports resolve',
    fix: 'Make the folder writable, or write the configuration as rife.config.mjs, which needs no compilation',
    cause,
  });

/** An option that does not exist. */
export const unknownOptionError = (path: string, suggestion: string | undefined, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_OPTION_UNKNOWN',
    part,
    what: `There is no option "${path}"`,
    expected: suggestion ? `Did you mean "${suggestion}"?` : `Options here are ${known.join(', ')}`,
    fix: suggestion ? `Rename it to "${suggestion}"` : 'Remove it',
  });

/** `--set` of an option of a plugin. */
export const setPluginsError = (path: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_SET_PLUGINS',
    part,
    what: `"--set ${path}" can't set an option of a plugin, which is an argument in the configuration file`,
    expected:
      'A plugin is created by a call, such as recover({every: 100}), before the command line is applied',
    fix: 'Change the call in the configuration file, or let it read a variable: recover({every: Number(process.env.EVERY ?? 50)})',
  });

/**
 * An option of the wrong type or outside its range. `got` is undefined when the option is absent.
 */
export const optionValueError = (path: string, expected: string, example: string, got: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_OPTION_VALUE',
    part,
    what:
      got === undefined
        ? `Option "${path}" is missing`
        : `Option "${path}" must be ${expected}, but got ${showValue(got)}`,
    expected: got === undefined ? `It must be ${expected}` : undefined,
    fix: `For example: ${example}`,
  });

/** Several mistakes in a configuration. */
export const configMistakesError = (path: string, errors: readonly RifeError[]) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_OPTIONS',
    part,
    what: `The configuration ${path} has ${errors.length} mistakes${listedErrors(errors)}`,
    fix: 'Correct all of them, and run the command again',
  });

/** The configuration file exports something other than an object. */
export const configShapeError = (path: string, got: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_CONFIG_SHAPE',
    part,
    what: `The configuration ${path} must export an object, but got ${showValue(got)}`,
    fix: 'Write "export default defineConfig({...})"',
  });

/** `out` already holds a run, and the command line does not say what to do with it. */
export const runExistsError = (out: string, command: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_RUN_EXISTS',
    part,
    what: `${out} holds an earlier run`,
    expected: 'Nothing in it was changed',
    fix: `Continue it with "${command} --resume", or move it aside and start a new run with "${command} --fresh"`,
  });

/** Who holds a folder or a file. Of an incomplete lock only the path is known. */
export interface HolderFacts {
  command?: string | undefined;
  host?: string | undefined;
  pid?: number | undefined;
  since?: string | undefined;
  /** Path of the lock. */
  lock: string;
  /** Time after which the holder counts as gone, if this machine can't check on it. */
  waitMs?: number | undefined;
}

/** Another process writes the folder or file. */
export const inUseError = (path: string, {command, host, pid, since, lock, waitMs}: HolderFacts) => {
  const who =
    pid === undefined
      ? 'a process that its lock does not name'
      : `"${command}" (process ${pid} on ${host}, since ${since})`;
  const unseen =
    waitMs === undefined
      ? ''
      : `. This machine can't check on that process: if it has ended, this command works in ${Math.ceil(waitMs / 1000)} s, or once ${lock} is removed`;
  return new RifeError({
    code: 'RIFE_ERR_CLI_IN_USE',
    part,
    what: `${path} is in use by ${who}`,
    expected: 'Only one process may write it at a time; nothing was changed',
    fix: `Wait until that process ends, stop it${pid === undefined ? '' : ` ("kill ${pid}": a run saves first)`}, or choose another folder${unseen}`,
  });
};

/** Another process has taken over the lock. */
export const lockLostError = (path: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_LOCK_LOST',
    part,
    what: `${path} was taken over by another process while this one did not respond`,
    expected:
      'Other machines consider a process gone if it stops for two minutes, for example while a laptop sleeps',
    fix: 'Nothing more was written; check the other run, and continue with --resume when it has ended',
  });

/** `out` can't be created or written. */
export const outNotWritableError = (out: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_OUT_NOT_WRITABLE',
    part,
    what: `The folder ${out} can't be written (${messageOf(cause)})`,
    fix: 'Choose another one with "out" in the configuration or with --out',
    cause,
  });

/** `--resume <dir>` names something that does not exist. */
export const resumeMissingError = (directory: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_RESUME_MISSING',
    part,
    what: `There is no checkpoint at ${directory}`,
    fix: 'Name the folder of a run, which contains "checkpoints", or omit the name to continue the run in "out"',
  });

/** A folder that contains no weights. */
export const weightsFolderError = (folder: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_WEIGHTS_FOLDER',
    part,
    what: `The folder ${folder} contains no weights`,
    expected: 'Looked for weights.safetensors, checkpoints/step-*, step-* and flownet.pkl',
    fix: 'Name the file, or the folder of a checkpoint or of a run',
  });

/** No weights are published under that name. */
export const weightsUnpublishedError = (name: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_WEIGHTS_UNPUBLISHED',
    part,
    what: `There are no published weights named "${name}"`,
    expected: `Expected one of ${known.join(', ')}`,
    fix: 'Correct the name, or give the path of a file instead',
  });

/** A checkpoint whose weights have changed since it was written. */
export const weightsCheckpointError = (folder: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_WEIGHTS_CHECKPOINT',
    part,
    what: `The checkpoint ${folder} is damaged: ${problem}`,
    fix: 'Name another checkpoint of the run, or restore this one from a copy',
  });

/** The file that `weights convert` would write exists. */
export const weightsExistsError = (file: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_WEIGHTS_EXISTS',
    part,
    what: `${file} already exists`,
    expected: 'It was not changed',
    fix: 'Name another file, or add --force to replace it',
  });

/** Input and output of `weights convert` are the same file. */
export const weightsSameError = (file: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_WEIGHTS_SAME',
    part,
    what: `${file} is both the input and the output of the conversion`,
    fix: 'Name another output file',
  });

/** The report of a command can't be written. */
export const reportNotWritableError = (file: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_REPORT',
    part,
    what: `The report ${file} can't be written (${reason})`,
    expected: 'Expected a file in an existing folder that this user may write',
    fix: 'Name another file after --json or --html',
    cause,
  });

/** `--without` names no plugin of the configuration. */
export const pluginNotThere = (name: string, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_WITHOUT',
    part,
    what: `"--without ${name}" names no plugin of the configuration`,
    expected: names.length > 0 ? `Its plugins are ${names.join(', ')}` : 'It has no plugins',
    fix: 'Correct the name, or leave out all plugins with --no-plugins',
  });

/** Validation failed. Training continues without it. */
export const validationFailedWarning = (cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_VALIDATE',
    part,
    what: `Validation failed (${messageOf(cause)})`,
    fix: 'Training continues without validation; repair "val", or set "validateEvery" to 0 to turn validation off',
    cause,
  });

/** No clip to validate on. Training continues without validation. */
export const nothingToValidateWarning = (root: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_VALIDATE_EMPTY',
    part,
    what: `There is nothing to validate on: "${root}" has no folder "val" with clips that are long enough for data.gaps`,
    fix: 'Training continues without validation; add val/<scene>/<clip>, or set "validateEvery" to 0 to turn validation off',
  });

/** A preview could not be written. Training continues. */
export const previewFailedWarning = (path: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_PREVIEW',
    part,
    what: `The preview ${path} could not be written (${messageOf(cause)})`,
    fix: 'Training continues; set "previewEvery" to 0 to turn previews off',
    cause,
  });
