import {listedErrors} from './listedErrors.js';
import {RifeError, messageOf} from './rifeError.js';

const part = 'core';
/** JSON has no word for these. */
const textOfNumber = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
const MOST_SHOWN = 200;
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number') return String(value);
  try {
    const text = JSON.stringify(value, textOfNumber) ?? String(value);
    return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
  } catch {
    // A BigInt, a cycle, a getter that throws.
    return `a ${typeof value}`;
  }
}
const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ');

export {show as showValue};

/** An option of a configuration that no command line has checked. */
export const configValue = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_CONFIG_VALUE',
    part,
    what: `Option "${option}" is ${show(got)}`,
    expected: `It must be ${expected}`,
    fix: `Change "${option}" in rife.config.ts`,
  });

/** An option that does not exist. */
export const configUnknown = (option: string, suggestion: string | undefined, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_CONFIG_VALUE',
    part,
    what: `There is no option "${option}"`,
    expected: suggestion ? `Did you mean "${suggestion}"?` : `Options here are ${known.join(', ')}`,
    fix: suggestion ? `Rename it to "${suggestion}"` : 'Remove it',
  });

/** Several mistakes in a configuration. */
export const configValues = (errors: readonly RifeError[]) =>
  new RifeError({
    code: 'RIFE_ERR_CONFIG_VALUE',
    part,
    what: `${errors.length} options of the configuration are wrong${listedErrors(errors)}`,
    fix: 'Correct all of them',
  });

/** Triplets at any timestep for a network that takes no timestep. */
export const timestepUnknown = (model: string) =>
  new RifeError({
    code: 'RIFE_ERR_CONFIG_TIMESTEP',
    part,
    what: `Option "data.timestep" is "any", but ${model} takes no timestep`,
    expected: 'It can learn only the middle frame: frames at other times would teach it a blur',
    fix: 'Set model.name to "IFNet_m", or data.timestep to "middle"',
  });

/** What is known about a step whose loss or gradient is not finite. */
export interface NonFiniteFacts {
  step: number;
  loss: number;
  gradNorm: number;
  terms: readonly string[];
  samples: readonly string[];
  gaps: readonly number[];
  finding?: string | undefined;
  record?: string | undefined;
}

const lookAgain = (record: string | undefined) =>
  record === undefined ? '' : `. "npx rife-train replay ${record}" runs the step again`;

/** The run stops because of non-finite steps. `reason` says who decided it. */
export const nonFinite = (facts: NonFiniteFacts, reason: string) => {
  const samples = facts.samples.map((name, i) => `${name} (gap ${facts.gaps[i] ?? '?'})`).join(', ');
  const terms = facts.terms.length > 0 ? facts.terms.join(', ') : 'none, only the gradient';
  return new RifeError({
    code: 'RIFE_ERR_NON_FINITE',
    part,
    what: `Step ${facts.step} is not finite: loss ${facts.loss}, gradient norm ${facts.gradNorm}; terms: ${terms}; samples: ${samples}.${facts.finding === undefined ? '' : ` ${facts.finding}.`} ${reason}`,
    expected: 'The weights were not updated and the last checkpoint is intact',
    fix: `Lower optim.learningRate, use plugin-gainlimit or plugin-recover, or start with smaller data.gaps; then continue with --resume${lookAgain(facts.record)}`,
  });
};

/** What is known about a finite step that stops a run. */
export interface StopFacts {
  step: number;
  loss: number;
  gradNorm: number;
  maxFlow: number;
  samples: readonly string[];
}

/** A plugin, or too many refused steps, stop the run before a step's update. */
export const runStopped = ({step, loss, gradNorm, maxFlow, samples}: StopFacts, reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_RUN_STOPPED',
    part,
    what: `The run was stopped before the update of step ${step}: loss ${loss}, gradient norm ${gradNorm}, largest |flow| ${maxFlow} px; samples: ${samples.join(', ')}. ${reason}`,
    expected: 'The weights were not updated and the last checkpoint is intact',
    fix: 'See the steps before it in metrics.jsonl; lower optim.learningRate or start with smaller data.gaps, then continue with --resume',
  });

/** The score that decides which checkpoint is the best is not there. Training continues. */
export const noBestScoreWarning = (name: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_BEST_SCORE',
    part,
    what: `There is no score "${name}", which validate.best names`,
    expected: `This validation has ${known.join(', ')}`,
    fix: 'Training continues, and no checkpoint is kept as the best; name one of these',
  });

export const flightRecordBroken = (folder: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_FLIGHT_RECORD',
    part,
    what: `"${folder}" is not a complete flight record: ${problem}`,
    fix: 'Name a folder below "flight" in the folder of a run, such as runs/latest/flight/step-00000190',
  });

export const weightsNonFinite = (step: number, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_NON_FINITE_WEIGHTS',
    part,
    what: `After ${step} steps ${names.length} weights or moments contain numbers that are not finite, first ${quoted(names.slice(0, 3))}; the checkpoint was not written`,
    expected:
      'Gradients were finite before the "gradients" hook, so a tap, the learning rate or a faulty device is the cause',
    fix: 'Check optim.learningRate and the plugins that tap "gradients"; the last checkpoint is intact, continue with --resume',
  });

/** A file that `init` names and of which no tensor, or hardly any, fits this network. */
export const initUnusable = (
  {file, report, seems}: {file: string; report: string; seems?: string | undefined},
  {fit, tensors, model}: {fit: number; tensors: number; model: string},
) =>
  new RifeError({
    code: 'RIFE_ERR_INIT_UNUSABLE',
    part,
    what: `"${file}", which "init" names, can't initialize this ${model}: ${fit === 0 ? 'none' : `only ${fit}`} of its ${tensors} tensors fit${fit === 1 ? 's' : ''}`,
    expected: `At least a quarter must fit: with fewer, training would in effect start from scratch. ${seems === undefined ? '' : `${seems}. `}\n${report}\n`,
    fix: 'Set "model" as in the run that wrote the weights, or name other weights; "rife-train weights inspect" shows what is in a file',
  });

/** Weights of `init` that are NaN or infinite. */
export const initNonFinite = (file: string, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_INIT_NON_FINITE',
    part,
    what: `${names.length} ${names.length === 1 ? 'tensor' : 'tensors'} in "${file}", which "init" names, contain numbers that are not finite, first ${quoted(names.slice(0, 3))}`,
    expected: 'A run that begins with NaN ends with NaN',
    fix: 'Name weights that were saved before they broke; "rife-train weights inspect" counts such numbers',
  });

export const checkpointsExist = (out: string, newest: string) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_EXISTS',
    part,
    what: `Folder "${out}" already holds checkpoints (newest "${newest}")`,
    fix: 'Add --resume to continue from there, or choose another "out"; nothing was changed',
  });

/** A run whose folder another one has taken since it began. */
export const folderOfAnotherRun = (out: string) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_EXISTS',
    part,
    what: `Folder "${out}" belongs to another run now: it was replaced after this one had begun`,
    expected: 'Nothing in it was changed, and this run could not be saved',
    fix: 'Give every run an "out" of its own',
  });

export const checkpointsBroken = (folder: string, problems: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_BROKEN',
    part,
    what: `No checkpoint in "${folder}" is intact: ${problems.join('; ')}`,
    fix: 'Restore the folder from a copy, or start a new run with another "out"',
  });

export const checkpointOfAnotherModel = (folder: string, differences: readonly string[]) => {
  const shown = differences.slice(0, 8).join('; ');
  const more = differences.length > 8 ? `; and ${differences.length - 8} more` : '';
  return new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_MODEL',
    part,
    what: `Checkpoint "${folder}" belongs to another model: ${shown}${more}`,
    fix: 'Set "model" (and the plugins that change it) as in the run that wrote it, or choose another "out"',
  });
};

export const checkpointVersion = (folder: string, version: unknown, supported: number) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_VERSION',
    part,
    what: `Checkpoint "${folder}" has format version ${show(version)}`,
    expected: `This release reads versions 1 to ${supported}`,
    fix: 'Resume with the release of rife-train that wrote it',
  });

export const checkpointWrite = (folder: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CHECKPOINT_WRITE',
    part,
    cause,
    what: `Checkpoint "${folder}" could not be written: ${messageOf(cause)}`,
    expected: 'Earlier checkpoints are unchanged',
    fix: 'Free disk space or correct the permissions of "out", then continue with --resume',
  });

export const safetensorsFormat = (file: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_SAFETENSORS',
    part,
    what: `File "${file}" is not a valid safetensors file: ${problem}`,
    fix: 'Copy or write the file again',
  });

export const trainerState = (what: string, fix: string) =>
  new RifeError({code: 'RIFE_ERR_TRAINER_STATE', part, what, fix});

export function replicasDisagree(step: number, decisions: readonly string[]) {
  const listed = decisions.map((decision, rank) => `${rank}: ${decision}`).join('; ');
  return new RifeError({
    code: 'RIFE_ERR_REPLICAS_DISAGREE',
    part,
    what: `Replicas decided differently about step ${step}: ${listed}`,
    expected: 'Every replica gets the same metrics and must make the same decision',
    fix: 'Make plugins decide from the metrics that they are given, not from clocks, files or their own random numbers',
  });
}

/** The folder for temporary files is missing, full, or may not be written. */
export const temporaryFolderError = (folder: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_TEMPORARY',
    part,
    what: `Nothing can be written to "${folder}", the folder for temporary files: ${messageOf(cause)}`,
    fix: 'Free space in it, or set TMPDIR to an existing folder that can be written',
    cause,
  });
