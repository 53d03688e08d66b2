import {showValue} from './core.js';
import {RifeError} from './rifeError.js';

const part = 'model';

/** `model.name` names no network. */
export const modelUnknownError = (name: unknown, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_UNKNOWN',
    part,
    what: `There is no network ${showValue(name)}`,
    expected: `The networks are ${known.join(', ')}`,
    fix: 'Set "model.name" to one of them',
  });

/** Another model option has a value that no network can be built from. */
export const modelOptionError = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_OPTION',
    part,
    what: `Option "model.${option}" must be ${expected}, but got ${showValue(got)}`,
    fix: `Correct "model.${option}" in the configuration, or the plugin that changes it in the "model" hook`,
  });

/** Values for a parameter that the network does not have, or of the wrong number. */
export const modelParameterError = (name: string, got: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_PARAMETER',
    part,
    what: `Parameter "${name}" ${got}`,
    expected,
    fix: 'Use weights of a network with the same "model" options',
  });

/** Images that the network can't take. */
export const modelInputError = (input: string, got: readonly number[], expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_INPUT',
    part,
    what: `The network's input "${input}" has shape ${showValue(got)}`,
    expected: `It must be ${expected}`,
    fix: 'Change "data.crop", or pad the images',
  });
