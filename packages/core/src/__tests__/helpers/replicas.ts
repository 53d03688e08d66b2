/** Replicas that meet in one thread, and batches that they share. */
import {ReplicaGroups, ReplicaLost} from '@rife-train/testing';
import type {Batch, BatchSource, UserConfig} from '../../contract/index.js';
import {drawnPerBatch} from '../../config/dataSchema.js';
import type {BatchRequest} from '../../run/openRun.js';
import {makeTrainer, SIDE, temporaryFolder, type Setup} from './harness.js';

/** Batches whose samples are functions of their number in the run. */
export class NumberedBatches implements BatchSource {
  readonly crop = [SIDE, SIDE] as const;
  readonly batchSize: number;
  private index: number;

  constructor(
    private readonly request: BatchRequest,
    private readonly poisoned: (sample: number) => boolean,
    private readonly given: number[],
  ) {
    this.batchSize = request.data.batch;
    this.index = request.startIndex;
  }

  async next(): Promise<Batch> {
    const {shard, origin, seed, policyAt} = this.request;
    const index = this.index++;
    const drawn = drawnPerBatch(this.request.data);
    const first = origin.sample + ((index - origin.batch) * shard.count + shard.rank) * drawn;
    const numbers = Array.from({length: this.batchSize}, (_, j) => first + (j % drawn));
    this.given.push(...numbers.slice(0, drawn));
    const pixel = (n: number, i: number) => (Math.imul(n * 977 + i + seed, 2654435761) >>> 24) & 255;
    const size = SIDE * SIDE * 9;
    return {
      images: Uint8Array.from({length: this.batchSize * size}, (_, i) =>
        pixel(numbers[Math.floor(i / size)]!, i % size),
      ),
      gap: Float32Array.from(numbers, n => 1 + (n % 3)),
      timestep: Float32Array.from(numbers, n => (this.poisoned(n) ? NaN : 0.5)),
      names: numbers.map(n => `sample ${n}`),
      index,
      policy: policyAt(index),
    };
  }

  async seek(index: number): Promise<void> {
    this.index = index;
  }

  async close(): Promise<void> {}
}

export interface ReplicaSetup extends Omit<Setup, 'poisoned' | 'plugins'> {
  /** Is this sample of the run not finite? */
  poisoned?: (sample: number) => boolean;
  /** Plugins of each replica. */
  plugins?: (rank: number) => NonNullable<Setup['plugins']>;
  config?: Partial<UserConfig>;
  /** Signal of each replica. */
  signal?: (rank: number) => AbortSignal | undefined;
  resume?: boolean;
}

/** Trains on `count` replicas. One that fails fails all. */
export function replicas(count: number, setup: ReplicaSetup = {}) {
  const {
    out = temporaryFolder(),
    config = {},
    poisoned = () => false,
    plugins = () => [],
    resume = false,
  } = setup;
  const groups = new ReplicaGroups(count);
  const parts = Array.from({length: count}, (_, rank) => {
    const given: number[] = [];
    const made = makeTrainer({
      ...{out, plugins: plugins(rank)},
      config: {devices: count, ...config},
      options: {
        ...setup.options,
        resume,
        ...(count > 1 && {replicas: groups.of(rank)}),
        openBatches: async request => new NumberedBatches(request, poisoned, given),
      },
    });
    return {...made, given};
  });
  const run = async () => {
    const runs = parts.map(({trainer}, rank) => {
      const signal = setup.signal?.(rank);
      return trainer.run(signal ? {signal} : {}).catch((error: unknown) => {
        groups.lose();
        throw error;
      });
    });
    const results = await Promise.allSettled(runs);
    const failures = results.flatMap(result =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    const first = failures.find(failure => !(failure instanceof ReplicaLost));
    if (first) throw first;
    return results.map(result => (result as PromiseFulfilledResult<Awaited<(typeof runs)[0]>>).value);
  };
  return {parts, run, out, steps: parts[0]!.steps, lines: parts[0]!.lines};
}
