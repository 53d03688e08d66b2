/** Writes the files of one checkpoint, each sealed, and flushes them. */
import {disk, syncFolder, writeSealed, type Chunks, type FileSeal} from '@rife-train/files';
import path from 'node:path';
import {OPTIMIZER_FILE, STATE_FILE, WEIGHTS_FILE, type CheckpointState} from './state.js';
import {stateText} from './stateFile.js';

/** A checkpoint to be written: chunks of the safetensors files, and the rest. */
export interface CheckpointContent {
  state: Omit<CheckpointState, 'files' | 'run'>;
  weights: Chunks;
  optimizer: Chunks;
  /** Files besides, by name. @default none */
  snapshots?: ReadonlyMap<string, Chunks>;
}

/**
 * @param folder where it is written; what a killed run has left there is removed
 * @param run name of the run, where it has one
 */
export async function writeCheckpoint(
  folder: string,
  {state, weights, optimizer, snapshots = new Map<string, Chunks>()}: CheckpointContent,
  run: string | undefined,
): Promise<void> {
  await disk.rm(folder, {recursive: true, force: true});
  await disk.mkdir(folder);
  const files: Record<string, FileSeal> = {};
  for (const [file, chunks] of [[WEIGHTS_FILE, weights], [OPTIMIZER_FILE, optimizer], ...snapshots] as const)
    files[file] = await writeSealed(path.join(folder, file), chunks);
  const text = stateText({...state, ...(run !== undefined && {run}), files});
  await writeSealed(path.join(folder, STATE_FILE), [Buffer.from(text)]);
  await syncFolder(folder);
}
