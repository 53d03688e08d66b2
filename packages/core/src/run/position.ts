/** Where a run is, and which step its weights belong to. */
import type {RunPosition} from '../checkpoint/state.js';

/**
 * The phases of a step, in order. They decide what a failure may save, and when a plugin may take a
 * snapshot.
 * - `between steps`: the weights are those of the position
 * - `fetching`: batches are being fetched; the weights are those of the start of the step, here and
 *   in the next two
 * - `ready`: batches are there, taps of `beforeStep` run
 * - `computing`: forward and backward passes, and the decision about the update
 * - `changing`: weights are being written, and may be half changed
 * - `made`: the step is updated or skipped, and the position not yet moved on
 */
type Phase = 'between steps' | 'fetching' | 'ready' | 'computing' | 'changing' | 'made';

/** Position and phase of a run. Nobody else changes them. */
export class Position {
  private now: RunPosition = {step: 0, updates: 0, dataIndex: 0, avoided: []};
  private start: RunPosition = this.now;
  private phase: Phase = 'between steps';

  get step(): number {
    return this.now.step;
  }

  get updates(): number {
    return this.now.updates;
  }

  /** Number of the next batch. */
  get dataIndex(): number {
    return this.now.dataIndex;
  }

  get avoided(): RunPosition['avoided'] {
    return this.now.avoided;
  }

  /** A copy, for a checkpoint or a record. */
  copy(): RunPosition {
    return {...this.now};
  }

  /**
   * Where the present step began, before its batches were fetched; undefined but while taps of
   * `beforeStep` run.
   */
  get snapshotPoint(): RunPosition | undefined {
    return this.phase === 'ready' ? this.start : undefined;
  }

  /** Is there a half-changed set of weights? */
  get isChanging(): boolean {
    return this.phase === 'changing';
  }

  beginStep(): void {
    this.start = this.copy();
    this.phase = 'fetching';
  }

  /** Batches before `index` are passed over. */
  skipBatchesTo(index: number): void {
    this.now.dataIndex = index;
  }

  batchFetched(): void {
    this.now.dataIndex += 1;
  }

  ready(): void {
    this.phase = 'ready';
  }

  computing(): void {
    this.phase = 'computing';
  }

  /** Weights are about to be written: by an update or by a rollback. */
  changing(): void {
    this.phase = 'changing';
  }

  updated(): void {
    this.now.updates += 1;
  }

  /** The step counts as made: updated, or skipped. */
  made(): void {
    this.phase = 'made';
  }

  /** On to the next step. */
  advance(): void {
    this.phase = 'between steps';
    this.now.step += 1;
  }

  /** Leaves the present step: its batches are fetched again. */
  abandonStep(): void {
    this.now = {...this.start, avoided: this.now.avoided};
    this.phase = 'between steps';
  }

  /** Weights of another position have been written. */
  moveTo(position: RunPosition): void {
    this.now = {...position};
  }

  /** The rollback is complete. */
  rolledBack(): void {
    this.phase = 'between steps';
  }

  /** Has the present step been made, but not been counted yet? */
  get isMade(): boolean {
    return this.phase === 'made';
  }

  /** Is a step under way whose update has not begun? */
  get isUnderWay(): boolean {
    return ['fetching', 'ready', 'computing'].includes(this.phase);
  }
}
