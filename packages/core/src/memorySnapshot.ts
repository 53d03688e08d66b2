/** A checkpoint in memory. */
import {isFiniteArray} from './checkpoint/snapshot.js';
import type {RunSnapshot} from './contract/index.js';
import type {RunPosition} from './checkpoint/state.js';

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
