/** Reads one checkpoint, and finds out whether it is whole. It may be from somebody else. */
import {isRifeError} from '@rife-train/errors';
import {decodeSafetensors, readSealed, readText, type Safetensors} from '@rife-train/files';
import {existsSync, lstatSync} from 'node:fs';
import path from 'node:path';
import {readSnapshots, type LoadedSnapshot} from './snapshots.js';
import {OPTIMIZER_FILE, STATE_FILE, WEIGHTS_FILE, type CheckpointState} from './state.js';
import {parseState} from './stateFile.js';

/** A checkpoint that was read and found whole. */
export interface LoadedCheckpoint {
  folder: string;
  state: CheckpointState;
  weights: Safetensors;
  optimizer: Safetensors;
  /** Snapshots that plugins keep. */
  snapshots: LoadedSnapshot[];
  /** How many of them are gone: a newer checkpoint was written since. */
  missing: number;
  /** What was wrong with newer ones that were passed over. */
  skipped: string[];
}

type Read = Omit<LoadedCheckpoint, 'skipped'>;

/**
 * Reads a checkpoint, or returns what is wrong with it.
 * @param run name of the run that it must be of, where that is known
 * @throws RIFE_ERR_CHECKPOINT_VERSION for one of another release
 */
export async function readCheckpoint(folder: string, run: string | undefined): Promise<Read | string> {
  if (lstatSync(folder, {throwIfNoEntry: false})?.isSymbolicLink()) return 'it is a link';
  const state = await readState(folder);
  if (typeof state === 'string') return state;
  if (run !== undefined && state.run !== undefined && state.run !== run) return 'it is of another run';
  try {
    return await readTensors(folder, state);
  } catch (error) {
    if (!isRifeError(error) || error.code !== 'RIFE_ERR_SAFETENSORS') throw error;
    return error.message;
  }
}

async function readState(folder: string): Promise<CheckpointState | string> {
  const file = path.join(folder, STATE_FILE);
  if (!existsSync(file)) return `${STATE_FILE} is missing`;
  return readText(file).then(
    text => parseState(text, folder),
    (error: Error) => `${STATE_FILE} ${error.message}`,
  );
}

async function readTensors(folder: string, state: CheckpointState): Promise<Read | string> {
  const read = (file: string) => readSealed(path.join(folder, file), state.files[file]!);
  const weights = await read(WEIGHTS_FILE);
  if (typeof weights === 'string') return weights;
  const optimizer = await read(OPTIMIZER_FILE);
  if (typeof optimizer === 'string') return optimizer;
  const kept = await readSnapshots(folder, state);
  if (typeof kept === 'string') return kept;
  return {
    folder,
    state,
    ...kept,
    weights: decodeSafetensors(weights, path.join(folder, WEIGHTS_FILE)),
    optimizer: decodeSafetensors(optimizer, path.join(folder, OPTIMIZER_FILE)),
  };
}
