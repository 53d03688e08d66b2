/** Counts of bad steps, which bound a run that makes no progress. */
import {flightFolder, newestSequence} from '../flight/recordFolder.js';
import type {Setbacks} from '../checkpoint/state.js';

export class SetbackCounts {
  private counts: Setbacks = {nonFinite: 0, refused: 0, rollbacks: 0, furthest: 0};

  /** Non-finite steps in a row. */
  get nonFiniteInARow(): number {
    return this.counts.nonFinite;
  }

  /** Steps in a row that were finite and refused. */
  get refusedInARow(): number {
    return this.counts.refused;
  }

  /** Rollbacks since the run last reached a new step. */
  get rollbacks(): number {
    return this.counts.rollbacks;
  }

  /** The numbers of a step are finite. */
  finite(): void {
    this.counts.nonFinite = 0;
  }

  /** Those of a step are not. @returns how many such steps there were in a row */
  notFinite(): number {
    return (this.counts.nonFinite += 1);
  }

  /** Number of the newest flight record. */
  get records(): number {
    return this.counts.records ?? 0;
  }

  /** Counts a flight record, on every replica: one of them has written it. */
  recorded(): void {
    this.counts.records = this.records + 1;
  }

  /** Counts on from the records in the folder, unless a checkpoint has said how many there were. */
  async countRecords(out: string): Promise<void> {
    this.counts.records ??= await newestSequence(flightFolder(out));
  }

  /** Counts a step by its decision; a step that is not finite resets the count of refused ones. */
  refused(isRefused: boolean): void {
    this.counts.refused = isRefused ? this.counts.refused + 1 : 0;
  }

  rolledBack(): void {
    this.counts.rollbacks += 1;
  }

  /** The run has reached a step; a new one resets the count of rollbacks. */
  reached(step: number): void {
    if (step <= this.counts.furthest) return;
    this.counts.furthest = step;
    this.counts.rollbacks = 0;
  }

  save(): Setbacks {
    return {...this.counts};
  }

  load(counts: Setbacks): void {
    this.counts = {...counts};
  }
}
