import {existsSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {workerFailed, workerMissing, messageOf} from '@rife-train/errors';
import {Piscina} from 'piscina';
import type {DecodeResult, SampleTask} from './decodeTask.js';

/**
 * A compiled worker: beside this module, or in `dist` when the module runs from its TypeScript source (tests), which
 * a thread can't load.
 * @throws RIFE_ERR_DATA_WORKER_FILE
 */
export function workerFile(
  folder = dirname(fileURLToPath(import.meta.url)),
  name = 'decodeWorker.js',
): string {
  const path = basename(folder) === 'src' ? join(folder, '..', 'dist', name) : join(folder, name);
  if (!existsSync(path)) throw workerMissing(path);
  return path;
}

/** Half the cores, at most eight: one on two cores, where the step needs the other. */
export const defaultWorkers = (cores = availableParallelism()) => Math.min(8, Math.max(1, cores >> 1));

/** Generation of a pool that takes no more tasks. */
const CLOSED = -1;

/** Threads that decode batches. Idle threads do not keep the process alive. */
export class DecodePool {
  readonly #threads: Piscina<unknown, DecodeResult>;
  readonly #current = new Int32Array(new SharedArrayBuffer(4));
  #closing: Promise<void> | undefined;

  constructor(workers: number, filename = workerFile()) {
    this.#threads = new Piscina({
      filename,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
    });
  }

  /** Number of the reading ahead; tasks of another one are not wanted any more. */
  get generation(): number {
    return Atomics.load(this.#current, 0);
  }

  /** Starts a new reading ahead; tasks of earlier ones end as `dropped`, at their next sample at the latest. */
  drop(): void {
    Atomics.add(this.#current, 0, 1);
  }

  /** @throws RIFE_ERR_DATA_WORKER when the thread dies. */
  async decode(samples: SampleTask[], generation: number): Promise<DecodeResult> {
    if (generation === CLOSED || generation !== this.generation) return {status: 'dropped'};
    try {
      return await this.#threads.run({samples, generation, current: this.#current});
    } catch (error) {
      if (generation !== this.generation) return {status: 'dropped'};
      throw workerFailed(messageOf(error), error);
    }
  }

  /** Ends all threads, after the sample that each has under way: its ffmpeg then ends with it. */
  close(): Promise<void> {
    Atomics.store(this.#current, 0, CLOSED);
    return (this.#closing ??= this.#threads.close({force: true}));
  }
}
