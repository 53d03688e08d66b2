/** What the replicas of a run do together. A run of one replica goes through the same code, alone. */
import {isRifeError, replicasDisagree, restoreError} from '@rife-train/errors';
import type {Batch, Program, ReduceReport, ReplicaGroup} from '../contract/index.js';
import type {MicroSummary} from './microSteps.js';

/** What becomes of something that one replica does for all. */
type Outcome<T> = {value: T} | {code: string; message: string};

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A group of one. */
const ALONE: ReplicaGroup = {
  rank: 0,
  count: 1,
  gather: async value => [value],
  meanOf: async () => {
    throw new Error('invariant: one replica has nothing to take the mean of');
  },
};

/** What the batches of a step say, those of all replicas: by micro-step, then by replica, as one with all of them would be fed. */
export interface Fed {
  samples: string[];
  gap: Float32Array;
  timestep: Float32Array;
  /** Samples that were drawn in the place of others. */
  replaced: number;
  /** The longest that one of them waited for data, in milliseconds. */
  dataMs: number;
}

/** What the backward passes of all replicas found. */
export interface Found {
  /** Means over the replicas, and samples in the order of {@link Fed}. */
  summary: MicroSummary;
  /** The first replica whose numbers are not finite; -1 where all are. */
  brokenRank: number;
}

/** How the mean gradient came about, for the metrics: means over the replicas, in milliseconds and MiB. */
export interface Effort {
  reduceMs: number;
  waitMs: number;
  /** The largest resident set that one of the processes ever had. */
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

  /** Does one of them want it? */
  async any(wanted: boolean): Promise<boolean> {
    return this.count === 1 ? wanted : (await this.gather(wanted)).some(Boolean);
  }

  /**
   * One replica acts, and all learn what came of it.
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
        // Anything else is no part of the run: the others learn that this one is lost.
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

  /**
   * Makes sure that all decided alike: replicas that go different ways would train different networks.
   * @throws RIFE_ERR_REPLICAS_DISAGREE
   */
  async agreeOn(step: number, decision: string): Promise<void> {
    if (this.count === 1) return;
    const decisions = await this.gather(decision);
    if (decisions.some(other => other !== decisions[0])) throw replicasDisagree(step, decisions);
  }

  async feed(batches: readonly Batch[], dataMs: number): Promise<Fed> {
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

  async find(own: MicroSummary, isFinite: boolean, microSteps: number): Promise<Found> {
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
   * Mean gradient, and mean of what buffers become, in the program of each replica.
   * @returns norm of the mean gradient
   */
  async reduce(program: Program, gradients: readonly string[], buffers: readonly string[]) {
    const report = await this.group.meanOf(program, gradients);
    const second = buffers.length > 0 ? await this.group.meanOf(program, buffers) : undefined;
    return {norm: Math.fround(report.norm), effort: await this.effort([report, ...(second ? [second] : [])])};
  }

  private async effort(reports: readonly ReduceReport[]): Promise<Effort> {
    const sum = (of: (report: ReduceReport) => number) => reports.reduce((ms, report) => ms + of(report), 0);
    const all = await this.gather({
      workMs: sum(({workMs}) => workMs),
      waitMs: sum(({waitMs}) => waitMs),
      peakMiB: process.resourceUsage().maxRSS / 1024,
    });
    return {
      reduceMs: meanOf(all.map(({workMs}) => workMs)),
      waitMs: meanOf(all.map(({waitMs}) => waitMs)),
      peakMiB: Math.max(...all.map(({peakMiB}) => peakMiB)),
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
    // Only where one is not finite is this what is told: else the norm of the mean takes its place.
    gradNorm: meanOf(all.map(({gradNorm}) => gradNorm)),
    maxFlow: all.map(({maxFlow}) => maxFlow).reduce((a, b) => Math.max(a, b)),
    logs: meansByName(all.map(({logs}) => logs)),
    perSample: micro.flatMap(m => all.flatMap(({perSample}) => perSample.slice(m * size, (m + 1) * size))),
  };
}
