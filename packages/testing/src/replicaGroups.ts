import type {Program, ReplicaGroup} from '@rife-train/core';

/** Message for the others when one replica of {@link ReplicaGroups} has failed. */
export class ReplicaLost extends Error {}

interface Meeting {
  values: unknown[];
  arrived: number;
  done: Promise<unknown[]>;
  resolve(values: unknown[]): void;
  reject(error: Error): void;
}

function newMeeting(): Meeting {
  const meeting = {values: [], arrived: 0} as unknown as Meeting;
  meeting.done = new Promise((resolve, reject) => Object.assign(meeting, {resolve, reject}));
  // A replica that no longer arrives no longer checks either.
  meeting.done.catch(() => {});
  return meeting;
}

/**
 * Replicas that meet in one thread, for tests: pass `of(rank)` to the trainer of each, and run all
 * at once. Means are computed in float64, in the order of the ranks.
 */
export class ReplicaGroups {
  private readonly meetings: Meeting[] = [];
  private lost = false;

  constructor(readonly count: number) {}

  /** One replica has failed: the others can't continue. */
  lose(): void {
    this.lost = true;
    for (const {reject} of this.meetings) reject(new ReplicaLost('another replica has failed'));
  }

  of(rank: number): ReplicaGroup {
    let calls = 0;
    const gather = async <T>(value: T): Promise<T[]> => {
      if (this.lost) throw new ReplicaLost('another replica has failed');
      const meeting = (this.meetings[calls++] ??= newMeeting());
      meeting.values[rank] = structuredClone(value);
      meeting.arrived += 1;
      if (meeting.arrived === this.count) meeting.resolve(meeting.values);
      return (await meeting.done) as T[];
    };
    const meanOf = async (program: Program, names: readonly string[]) => {
      const all = await gather(await program.readVariables(names));
      const mean = new Map(names.map(name => [name, meanOfArrays(all.map(values => values.get(name)!))]));
      await program.writeVariables(mean);
      let squares = 0;
      for (const values of mean.values()) for (const value of values) squares += value * value;
      return {norm: Math.sqrt(squares), workMs: 1, waitMs: 2};
    };
    return {rank, count: this.count, gather, meanOf};
  }
}

const meanOfArrays = (all: readonly Float32Array[]) =>
  all[0]!.map((_, i) => all.reduce((sum, values) => sum + values[i]!, 0) / all.length);
