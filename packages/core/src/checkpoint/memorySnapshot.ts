/** A checkpoint in memory. */
import {pluginStateUnsavable} from '@rife-train/errors';
import {isFiniteArray} from '../weights/tensors.js';
import type {RunSnapshot} from '../contract/index.js';
import {snapshotChunks, type LoadedSnapshot} from './snapshots.js';
import {snapshotFile, type KeptSnapshot, type RunPosition} from './state.js';
import type {Chunks} from '@rife-train/files';

/** Snapshots by the plugin that keeps them. */
export type SnapshotsByOwner = Record<string, RunSnapshot[]>;

export class MemorySnapshot implements RunSnapshot {
  readonly bytes: number;
  readonly isFinite: boolean;

  /**
   * @param values weights, moments and buffers, by variable; never changed
   * @param plugins state of plugins, a copy
   */
  constructor(
    readonly position: RunPosition,
    readonly values: ReadonlyMap<string, Float32Array>,
    readonly plugins: Readonly<Record<string, unknown>>,
  ) {
    this.isFinite = [...values.values()].every(isFiniteArray);
    this.bytes = [...values.values()].reduce((sum, {byteLength}) => sum + byteLength, 0);
  }

  get step(): number {
    return this.position.step;
  }

  get dataIndex(): number {
    return this.position.dataIndex;
  }
}

/**
 * What a checkpoint holds of the snapshots that plugins keep; one that several keep is written
 * once.
 */
export function snapshotsToWrite(byOwner: SnapshotsByOwner): {
  kept: KeptSnapshot[];
  files: Map<string, Chunks>;
} {
  for (const [owner, snapshots] of Object.entries(byOwner))
    if (!Array.isArray(snapshots) || !snapshots.every(snapshot => snapshot instanceof MemorySnapshot))
      throw pluginStateUnsavable(owner, 'snapshots', 'something that takeSnapshot() has not returned');
  const all = [...new Set(Object.values(byOwner).flat())] as MemorySnapshot[];
  const kept = Object.entries(byOwner).flatMap(([owner, snapshots]) =>
    (snapshots as MemorySnapshot[]).map(snapshot => {
      const {position, plugins} = snapshot;
      return {owner, file: snapshotFile(all.indexOf(snapshot)), position, plugins: {...plugins}};
    }),
  );
  return {kept, files: new Map(all.map(({values}, i) => [snapshotFile(i), snapshotChunks(values)]))};
}

/** Snapshots that came with a checkpoint. */
export function snapshotsByOwner(loaded: readonly LoadedSnapshot[]): SnapshotsByOwner {
  // Names are from a file: without a prototype none of them is there already.
  const byOwner = Object.create(null) as SnapshotsByOwner;
  for (const {owner, position, values, plugins} of loaded)
    (byOwner[owner] ??= []).push(new MemorySnapshot(position, values, plugins));
  return byOwner;
}
