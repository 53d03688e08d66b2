import {showValue} from './core.js';
import {RifeError} from './rifeError.js';

const part = 'model';

/** `model.name` names no network. */
export const modelUnknownError = (name: unknown, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_UNKNOWN',
    part,
    what: `There is no network named ${showValue(name)}`,
    expected: `The networks are ${known.join(', ')}`,
    fix: 'Set "model.name" to one of them',
  });

/** Something in `networks` that is not a network of this trainer. */
export const modelNetworkError = (what: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_NETWORK',
    part,
    what: `${what} cannot be used`,
    expected: `A network needs ${expected}`,
    fix: 'Make it with defineNetwork({name, options, create}) of the rife-train that runs it',
  });

/** A model option with a value from which no network can be built. */
export const modelOptionError = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_OPTION',
    part,
    what: `Option "model.${option}" must be ${expected}, but got ${showValue(got)}`,
    fix: `Correct "model.${option}" in the configuration, or the plugin that changes it in the "model" hook`,
  });

/** Values for a parameter that the network does not have, or too many or too few values. */
export const modelParameterError = (name: string, got: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_PARAMETER',
    part,
    what: `Parameter "${name}" ${got}`,
    expected,
    fix: 'Use weights of a network with the same "model" options',
  });

/** Images that the network can't process. */
export const modelInputError = (input: string, got: readonly number[], expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_INPUT',
    part,
    what: `The network's input "${input}" has shape ${showValue(got)}`,
    expected: `It must be ${expected}`,
    fix: 'Change "data.crop", or pad the images',
  });

/** Scales of a prediction that do not match the blocks, or are not powers of two in range. */
export const modelScalesError = (got: unknown, blocks: number) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_SCALES',
    part,
    what: `The scales of a prediction are ${showValue(got)}`,
    expected: `Expected ${blocks} powers of two from 1/32 to 128, one per student block`,
    fix: "Use the model's scales times 2 for large frames, times 1/2 for small ones, or leave them out",
  });

/** An option of predictions that the network does not support. */
export const modelPredictionError = (option: string, network: string, networks: string) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_PREDICTION',
    part,
    what: `${network} has no "${option}"`,
    expected: `It is for ${networks}`,
    fix: `Leave "${option}" out, or use other weights`,
  });

/** A file whose image channels can't be found. Without a name, no layer of it sees images. */
export const modelChannelsError = (
  name?: string,
  shape: readonly number[] = [],
  channels: readonly number[] = [],
) =>
  new RifeError({
    code: 'RIFE_ERR_MODEL_CHANNELS',
    part,
    what:
      name === undefined
        ? 'No layer takes or produces images, so there are no channels to swap'
        : `Tensor "${name}" has shape ${showValue(shape)}, so its image channels are not where RIFE has them`,
    expected:
      name === undefined
        ? 'Expected block0.conv0.0.0.weight, contextnet.conv1.conv1.0.weight, unet.conv.weight or others of RIFE'
        : `Expected ${channels.join(' or ')} channels`,
    fix: 'Swap the channels of the images instead',
  });
