/**
 * Snapshots in memory that go into a checkpoint, so that a resumed run has them, too. Program
 * layout: only the trainer reads them.
 */
import {existsSync} from 'node:fs';
import path from 'node:path';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSealed,
  type Chunks,
  type SafetensorsValues,
} from '@rife-train/files';
import type {CheckpointState, KeptSnapshot} from './state.js';

/** A snapshot that was read. */
export interface LoadedSnapshot extends KeptSnapshot {
  /** By variable. */
  values: ReadonlyMap<string, Float32Array>;
}

/** Is it the name of {@link snapshotFile}? */
export const isSnapshotFile = (name: string) => /^snapshot-\d+\.safetensors$/.test(name);

export const snapshotChunks = (values: ReadonlyMap<string, Float32Array>): Chunks =>
  encodeSafetensors(
    new Map([...values].map(([name, x]) => [name, {shape: [x.length], values: x as SafetensorsValues}])),
  );

/**
 * Reads the snapshots of a checkpoint; or returns what is wrong with one. A file that several
 * plugins keep is read once.
 */
export async function readSnapshots(
  folder: string,
  {snapshots = [], files}: CheckpointState,
): Promise<{snapshots: LoadedSnapshot[]; missing: number} | string> {
  const read = new Map<string, ReadonlyMap<string, Float32Array>>();
  for (const {file} of snapshots) {
    if (read.has(file) || !existsSync(path.join(folder, file))) continue;
    const content = await readSealed(path.join(folder, file), files[file]!);
    if (typeof content === 'string') return content;
    const {tensors} = decodeSafetensors(content, path.join(folder, file));
    const other = [...tensors].find(([, {dtype}]) => dtype !== 'F32');
    if (other) return `"${other[0]}" in ${file} is ${other[1].dtype}, not F32`;
    read.set(file, new Map([...tensors].map(([name, {values}]) => [name, values as Float32Array])));
  }
  const loaded = snapshots.flatMap(kept => {
    const values = read.get(kept.file);
    return values ? [{...kept, values}] : [];
  });
  return {snapshots: loaded, missing: snapshots.length - loaded.length};
}
