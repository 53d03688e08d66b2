/** Weights that a run starts from: fresh ones, or those that `init` names. */
import {configValue, initNonFinite, initUnusable} from '@rife-train/errors';
import type {AdaptWeights, InitialWeights, Model, ReadInitial} from './contract/index.js';
import {isFiniteArray} from './checkpoint/snapshot.js';
import type {Logger} from './logger.js';

/** Where the weights of a run came from; each of its checkpoints says so. */
export interface WeightsOrigin {
  /** `init` of the configuration. */
  path: string;
  /** The file that was read, and its SHA-256. */
  file: string;
  sha256: string;
  /** Tensors that it gave; the others of the network started fresh. */
  tensors: number;
}

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
 * @throws RIFE_ERR_INIT_UNUSABLE, RIFE_ERR_INIT_NON_FINITE; RIFE_ERR_CONFIG_VALUE when there is nothing to read with
 */
export async function readInitialWeights(
  path: string,
  model: Model,
  read: ReadInitial | undefined,
  {logger, adapt}: {logger: Logger; adapt?: AdaptWeights | undefined},
): Promise<InitialWeights | undefined> {
  if (path === '') return undefined;
  if (!read) throw configValue('init', path, 'left out: this trainer was made without "readInitial"');
  const initial = await read(path, model, adapt);
  if (initial.values.size === 0) throw initUnusable(initial.file, initial.report);
  const broken = [...initial.values].filter(([, values]) => !isFiniteArray(values)).map(([name]) => name);
  if (broken.length > 0) throw initNonFinite(initial.file, broken);
  logger.info(initial.report);
  return initial;
}

/** A resumed run does not read `init`; says so, and warns when the run began with something else. */
export function tellOfUnreadInit(path: string, origin: WeightsOrigin | undefined, logger: Logger): void {
  if (path === '') return;
  if (origin?.path === path) return logger.info(`init "${path}" is not read again: the checkpoint goes on`);
  const began = origin ? `"${origin.path}"` : 'fresh weights';
  logger.warn(`init "${path}" is not read: the run began with ${began}, and its checkpoint goes on`);
}
