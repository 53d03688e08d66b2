/**
 * What the replicas of a run exchange. A run of one replica uses the same code, with a group of
 * one.
 *
 * A step exchanges small values four times, and takes the mean of the gradients in between:
 * - `exchangeStop`, before a batch is fetched: a replica that does not make the step must not draw
 *   its samples.
 * - `exchangeBatches`, before the taps of `beforeStep`: their context names all samples.
 * - `exchangeFindings`, after the backward passes: all replicas decide by the same numbers.
 * - `meanGradient`, through shared memory.
 * - `exchangeDecisions`, before the update: replicas that decided differently must not update. It
 *   also carries times and memory, which the step's line in metrics.jsonl holds.
 */
import {isRifeError, replicasDisagree, restoreError} from '@rife-train/errors';
import type {Batch, Program, ReduceReport, ReplicaGroup} from '../contract/index.js';
import type {MicroSummary} from '../traced/microSteps.js';

/** Result of something that one replica does for all. */
type Outcome<T> = {value: T} | {code: string; message: string};

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A group of one replica. */
const ALONE: ReplicaGroup = {
  rank: 0,
  count: 1,
  gather: async value => [value],
  meanOf: async () => {
    throw new Error('invariant: one replica has nothing to take the mean of');
  },
};

/** A replica's part of a step, for {@link Replicas.exchangeBatches}. */
export interface OwnBatches {
  batches: readonly Batch[];
  /** Milliseconds that this replica waited for data. */
  dataMs: number;
}

/**
 * The batches of a step on all replicas: by micro-step, then by replica, the order in which one
 * device with all of them would be fed.
 */
export interface AllBatches {
  samples: string[];
  gap: Float32Array;
  timestep: Float32Array;
  /** Samples that replaced others, whose clips can't be read. */
  replaced: number;
  /** The longest that a replica waited for data, in milliseconds. */
  dataMs: number;
}

/** What the backward passes of all replicas found. */
export interface Findings {
  /** Means over the replicas, and samples in the order of {@link AllBatches}. */
  summary: MicroSummary;
  /** The first replica whose numbers are not finite; -1 where all are. */
  brokenRank: number;
}

/** What the mean gradient took on this replica, in milliseconds. */
export interface ReduceTimes {
  workMs: number;
  waitMs: number;
}

/**
 * What the mean gradient took, for the metrics: means over the replicas, in milliseconds and MiB.
 */
export interface ReduceCost {
  reduceMs: number;
  waitMs: number;
  /** The largest resident set that any of the processes has had. */
  peakMiB: number;
}

export class Replicas {
  constructor(private readonly group: ReplicaGroup = ALONE) {}

  get rank(): number {
    return this.group.rank;
  }

  get count(): number {
    return this.group.count;
  }

  /** Is this the one that writes? */
  get isFirst(): boolean {
    return this.rank === 0;
  }

  gather<T>(value: T): Promise<T[]> {
    return this.group.gather(value);
  }

  /**
   * One replica acts, and all get the result.
   * @throws what it throws, on all of them
   */
  async by<T>(rank: number, act: () => Promise<T>): Promise<T> {
    if (this.count === 1) return act();
    let failure: unknown;
    let outcome: Outcome<T> | undefined;
    if (this.rank === rank)
      try {
        outcome = {value: await act()};
      } catch (error) {
        // An error without a code is a bug: this replica fails, and the group reports it as lost to
        // the others.
        if (!isRifeError(error)) throw error;
        failure = error;
        outcome = {code: error.code, message: error.message};
      }
    const result = (await this.gather(outcome))[rank]!;
    if (failure) throw failure;
    if ('code' in result) throw restoreError(result.code, result.message);
    return result.value;
  }

  /** Replica 0 acts for all. */
  byFirst<T>(act: () => Promise<T>): Promise<T> {
    return this.by(0, act);
  }

  /** Was one of the replicas asked to stop? */
  async exchangeStop(wantsStop: boolean): Promise<boolean> {
    return this.count === 1 ? wantsStop : (await this.gather(wantsStop)).some(Boolean);
  }

  /** The batches of all replicas. */
  async exchangeBatches({batches, dataMs}: OwnBatches): Promise<AllBatches> {
    const own = {
      batches: batches.map(({names, gap, timestep}) => ({names, gap, timestep})),
      replaced: batches.reduce((sum, {replaced = 0}) => sum + replaced, 0),
      dataMs,
    };
    const all = await this.gather(own);
    const inOrder = batches.flatMap((_, micro) => all.map(replica => replica.batches[micro]!));
    return {
      samples: inOrder.flatMap(({names}) => names),
      gap: Float32Array.from(inOrder.flatMap(({gap}) => [...gap])),
      timestep: Float32Array.from(inOrder.flatMap(({timestep}) => [...timestep])),
      replaced: all.reduce((sum, {replaced}) => sum + replaced, 0),
      dataMs: Math.max(...all.map(replica => replica.dataMs)),
    };
  }

  /** The numbers that the decision about the update is made from. */
  async exchangeFindings(own: MicroSummary, isFinite: boolean, microSteps: number): Promise<Findings> {
    const all = await this.gather({summary: own, isFinite});
    const brokenRank = all.findIndex(replica => !replica.isFinite);
    return {
      brokenRank,
      summary: joined(
        all.map(({summary}) => summary),
        microSteps,
      ),
    };
  }

  /**
   * Replaces gradients, and the next values of buffers, by their means over the replicas, in the
   * program of each.
   * @returns norm of the mean gradient
   */
  async meanGradient(program: Program, gradients: readonly string[], buffers: readonly string[]) {
    const reports = [await this.group.meanOf(program, gradients)];
    if (buffers.length > 0) reports.push(await this.group.meanOf(program, buffers));
    const sum = (of: (report: ReduceReport) => number) => reports.reduce((ms, report) => ms + of(report), 0);
    const times: ReduceTimes = {workMs: sum(({workMs}) => workMs), waitMs: sum(({waitMs}) => waitMs)};
    return {norm: Math.fround(reports[0]!.norm), times};
  }

  /**
   * Compares the decisions: replicas that decided differently would train different networks.
   * @param times of this replica; undefined where no mean was taken, on any replica
   * @throws RIFE_ERR_REPLICAS_DISAGREE
   */
  async exchangeDecisions(
    step: number,
    decision: string,
    times: ReduceTimes | undefined,
  ): Promise<ReduceCost | undefined> {
    if (this.count === 1) return undefined;
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    const all = await this.gather({decision, times, peakMiB});
    const decisions = all.map(replica => replica.decision);
    if (decisions.some(other => other !== decisions[0])) throw replicasDisagree(step, decisions);
    if (!times) return undefined;
    return {
      reduceMs: meanOf(all.map(replica => replica.times!.workMs)),
      waitMs: meanOf(all.map(replica => replica.times!.waitMs)),
      peakMiB: Math.max(...all.map(replica => replica.peakMiB)),
    };
  }
}

/** Means by name; all replicas have the same names. */
const meansByName = (all: readonly Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(Object.keys(all[0]!).map(name => [name, meanOf(all.map(values => values[name]!))]));

function joined(all: readonly MicroSummary[], microSteps: number): MicroSummary {
  const size = all[0]!.perSample.length / microSteps;
  const micro = Array.from({length: microSteps}, (_, m) => m);
  return {
    loss: meanOf(all.map(({loss}) => loss)),
    terms: meansByName(all.map(({terms}) => terms)),
    // Reported only where a replica is not finite; else the norm of the mean gradient replaces it.
    gradNorm: meanOf(all.map(({gradNorm}) => gradNorm)),
    maxFlow: all.map(({maxFlow}) => maxFlow).reduce((a, b) => Math.max(a, b)),
    logs: meansByName(all.map(({logs}) => logs)),
    perSample: micro.flatMap(m => all.flatMap(({perSample}) => perSample.slice(m * size, (m + 1) * size))),
  };
}
