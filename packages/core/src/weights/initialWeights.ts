/** Weights that a run starts from: fresh ones, or those that `init` names. */
import {configValue, initNonFinite, initUnusable} from '@rife-train/errors';
import type {
  AdaptWeights,
  InitialWeights,
  Model,
  ReadInitial,
  TrainConfig,
  WeightsOrigin,
} from '../contract/index.js';
import type {Logger} from '../log/logger.js';
import {isFiniteArray, weightsOf} from './tensors.js';

/**
 * A file of which less than this part of the network's tensors can be taken is of another network:
 * that start would be fresh in all but name.
 */
const LEAST_SHARE = 1 / 4;

/** What is remembered of weights that were read. */
export const originOf = (path: string, {values, file, sha256}: InitialWeights): WeightsOrigin => ({
  path,
  file,
  sha256,
  tensors: values.size,
});

/**
 * Reads what `init` names, if it names something. Nothing has been written yet when this throws.
 *
 * @param read the part that knows file formats
 * @param adapt what plugins do to the tensors of the file
 * @throws RIFE_ERR_INIT_UNUSABLE, RIFE_ERR_INIT_NON_FINITE; RIFE_ERR_CONFIG_VALUE when there is
 * nothing to read with
 */
export async function readInitialWeights(
  {init: path, initKey}: Pick<TrainConfig, 'init' | 'initKey'>,
  model: Model,
  read: ReadInitial | undefined,
  {logger, adapt}: {logger: Logger; adapt?: AdaptWeights | undefined},
): Promise<InitialWeights | undefined> {
  if (path === '') return undefined;
  if (!read) throw configValue('init', path, 'left out: this trainer was made without "readInitial"');
  const initial = await read(path, model, adapt, initKey);
  const tensors = weightsOf(model).length;
  if (initial.values.size < LEAST_SHARE * tensors)
    throw initUnusable(initial, {fit: initial.values.size, tensors, model: model.name});
  const broken = [...initial.values].filter(([, values]) => !isFiniteArray(values)).map(([name]) => name);
  if (broken.length > 0) throw initNonFinite(initial.file, broken);
  logger.info(initial.report);
  return initial;
}

/**
 * Logs that a resumed run does not read `init`, and warns when the run began with something else.
 */
export function logUnreadInit(path: string, origin: WeightsOrigin | undefined, logger: Logger): void {
  if (path === '') return;
  if (origin?.path === path) return logger.info(`init "${path}" is not read again: the checkpoint goes on`);
  const began = origin ? `"${origin.path}"` : 'fresh weights';
  logger.warn(`init "${path}" is not read: the run began with ${began}, and its checkpoint goes on`);
}
