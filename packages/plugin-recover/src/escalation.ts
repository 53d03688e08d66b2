/**
 * Response to trouble: skip, then return to a snapshot, each time an earlier one and with softer
 * settings, then stop. Pure decisions.
 */
import type {RunSnapshot, Verdict} from '@rife-train/core';
import type {Finding} from './health.js';
import type {CompleteOptions} from './options.js';

/** Position of the run. */
export interface Place {
  step: number;
  /** Numbers of the step's batches, the last exclusive. */
  batches: readonly [from: number, to: number];
}

/** JSON. Survives rollbacks: a rollback does not undo the memory of earlier attempts. */
export interface EscalationMemory {
  /** Steps of earlier rollbacks; only those within `per` count. */
  rollbacks: {at: number; to: number}[];
  /** First step of the present trouble. */
  onset: Place | undefined;
  /** Steps in a row that were skipped. */
  skipped: number;
  /** Rollbacks of the current series. */
  series: number;
}

const FRESH: EscalationMemory = {rollbacks: [], onset: undefined, skipped: 0, series: 0};

type Limits = Pick<
  CompleteOptions,
  'keep' | 'probation' | 'skips' | 'margin' | 'maxRollbacks' | 'per' | 'every'
>;

export class Escalation {
  private memory: EscalationMemory = structuredClone(FRESH);
  /** Oldest first. */
  private snapshots: RunSnapshot[] = [];

  constructor(private readonly limits: Limits) {}

  /** Rollbacks that count towards the limit at a step. */
  countAt(step: number): number {
    return this.memory.rollbacks.filter(({at}) => at > step - this.limits.per).length;
  }

  get snapshotBytes(): number {
    return this.snapshots.reduce((sum, {bytes}) => sum + bytes, 0);
  }

  /** Keeps a snapshot; drops the oldest one that is not needed. */
  keep(snapshot: RunSnapshot): void {
    this.snapshots = [...this.snapshots.filter(({step}) => step < snapshot.step), snapshot].slice(
      -this.limits.keep,
    );
  }

  /** Whether a snapshot is due after this many steps. */
  isDue(done: number): boolean {
    const newest = this.snapshots.at(-1);
    return (
      this.memory.onset === undefined && (newest === undefined || done >= newest.step + this.limits.every)
    );
  }

  /** Decides about a step; undefined if it is healthy. */
  decide(finding: Finding, place: Place): Verdict | undefined {
    const {memory} = this;
    if (finding === 'well') return this.settle(place);
    memory.onset ??= place;
    if (finding === 'suspicious' || (finding === 'not finite' && memory.skipped < this.limits.skips)) {
      memory.skipped += 1;
      return 'skip';
    }
    return this.goBack(finding, place);
  }

  save(): EscalationMemory {
    return structuredClone(this.memory);
  }

  /** @param snapshots oldest first; a checkpoint may have none */
  load(memory: EscalationMemory | undefined, snapshots: readonly RunSnapshot[] = []): void {
    this.memory = structuredClone(memory ?? FRESH);
    this.snapshots = [...snapshots];
  }

  /** Existing snapshots, oldest first. */
  kept(): RunSnapshot[] {
    return [...this.snapshots];
  }

  /**
   * Something else went back to a step: later snapshots belong to a discarded part, and so does the
   * present trouble.
   */
  forgetBeyond(step: number): void {
    this.snapshots = this.snapshots.filter(snapshot => snapshot.step <= step);
    Object.assign(this.memory, {onset: undefined, skipped: 0});
  }

  private settle({step}: Place): undefined {
    const {memory, limits} = this;
    memory.onset = undefined;
    memory.skipped = 0;
    const last = memory.rollbacks.at(-1);
    // Well beyond the last trouble: the next one is a new one.
    if (last && step > last.at + limits.every) memory.series = 0;
    return undefined;
  }

  private goBack(finding: Finding, place: Place): Verdict {
    const {memory, limits} = this;
    const used = this.countAt(place.step);
    if (used >= limits.maxRollbacks)
      return {
        stop: `${finding}: rolled back ${used} times within ${limits.per} steps (maxRollbacks) already`,
      };
    const onset = memory.onset ?? place;
    const target = this.target(onset.step);
    const avoid = [
      Math.max(0, onset.batches[0] - limits.margin * 2 ** memory.series),
      place.batches[1],
    ] as const;
    memory.rollbacks = [...memory.rollbacks, {at: place.step, to: target?.step ?? -1}].slice(-100);
    Object.assign(memory, {onset: undefined, skipped: 0, series: memory.series + 1});
    if (!target) return 'rollback';
    this.snapshots = this.snapshots.filter(({step}) => step <= target.step);
    return {rollback: target, avoid: [Math.max(avoid[0], target.dataIndex), avoid[1]], reason: finding};
  }

  /**
   * The newest snapshot that was healthy for `probation` steps; in a series one before the last
   * target, as long as there is one. Undefined if there is none: then the newest checkpoint is
   * used.
   */
  private target(onset: number): RunSnapshot | undefined {
    const proven = this.snapshots.filter(({step}) => step <= onset - this.limits.probation);
    const candidates = proven.length > 0 ? proven : this.snapshots.slice(0, 1);
    const before = this.memory.rollbacks.at(-1)?.to ?? Infinity;
    if (this.memory.series === 0) return candidates.at(-1);
    return candidates.filter(({step}) => step < before).at(-1) ?? candidates[0];
  }
}
