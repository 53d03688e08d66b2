import {availableParallelism} from 'node:os';
import {dataStuck, workerFailed, messageOf} from '@rife-train/errors';
import {Piscina} from 'piscina';
import type {DecodeResult, DecodeTask, SampleTask} from './decodeTask.js';
import {StuckWatch} from './stuck.js';
import {workerFile} from './workerFile.js';

/** Half the cores, at most eight. On two cores that is one: the step needs the other. */
export const defaultWorkers = (cores = availableParallelism()) => Math.min(8, Math.max(1, cores >> 1));

/** Generation of a closed pool. */
const CLOSED = -1;

/** Times of a {@link DecodePool}, in milliseconds. */
export interface PoolTimes {
  /** Longest time to read one sample. @default 600000 */
  stuckMs?: number;
  /**
   * How long `close()` waits for samples in progress, and then again for their threads. @default
   * 30000
   */
  closeMs?: number;
}

/** Threads that decode batches. Idle threads do not keep the process alive. */
export class DecodePool {
  private readonly threads: Piscina<unknown, DecodeResult>;
  private readonly current = new Int32Array(new SharedArrayBuffer(4));
  private readonly watch: StuckWatch;
  private readonly times: Required<PoolTimes>;
  private readonly running = new Set<Promise<DecodeResult>>();
  private closing: Promise<void> | undefined;

  constructor(
    workers: number,
    filename = workerFile(),
    {stuckMs = 600_000, closeMs = 30_000}: PoolTimes = {},
  ) {
    this.times = {stuckMs, closeMs};
    this.watch = new StuckWatch(stuckMs);
    this.threads = new Piscina({
      filename,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
    });
    this.minds(this.threads);
  }

  /** Current generation of prefetching; tasks of others are no longer needed. */
  get generation(): number {
    return Atomics.load(this.current, 0);
  }

  /**
   * Starts a new generation. Tasks of earlier ones end as `dropped`, at their next sample at the
   * latest.
   */
  drop(): void {
    Atomics.add(this.current, 0, 1);
  }

  /**
   * @param mirror whether mirrored copies follow the samples
   * @throws RIFE_ERR_DATA_WORKER when the thread dies, RIFE_ERR_DATA_STUCK when a sample is not
   * read in time
   */
  async decode(samples: SampleTask[], generation: number, mirror = false): Promise<DecodeResult> {
    if (generation === CLOSED || generation !== this.generation) return {status: 'dropped'};
    const watched = this.watch.add();
    const {progress, signal} = watched;
    const task: DecodeTask = {samples, mirror, generation, current: this.current, progress};
    const running = this.threads.run(task, {signal});
    this.running.add(running);
    try {
      return await running;
    } catch (error) {
      if (generation !== this.generation) return {status: 'dropped'};
      if (watched.stuck) throw dataStuck(sampleText(samples[watched.sample - 1]), this.times.stuckMs);
      const cause: unknown = signal.aborted ? signal.reason : error;
      throw workerFailed(messageOf(cause), cause);
    } finally {
      this.running.delete(running);
      this.watch.remove(watched);
    }
  }

  /**
   * Stops all threads after their current sample, so that its ffmpeg stops as well. A thread that
   * hangs is abandoned.
   */
  close(): Promise<void> {
    Atomics.store(this.current, 0, CLOSED);
    return (this.closing ??= this.end());
  }

  /**
   * Piscina's own `close` counts a thread more than once, and so stops others in the middle of a
   * sample.
   */
  private async end(): Promise<void> {
    await this.atMost(Promise.allSettled(this.running));
    // A thread can't be stopped during a system call.
    await this.atMost(this.threads.destroy().catch(() => {}));
  }

  private async atMost(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout;
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, this.times.closeMs)));
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  /**
   * Piscina replaces a thread that dies, but not one that dies before it is ready: queued tasks
   * would wait for ever. Those are rejected here; the next task starts a new thread.
   */
  private minds(threads: Piscina<unknown, DecodeResult>): void {
    let reason: unknown = new Error('it ended before it was ready');
    // Without a listener for errors between tasks, the process would exit.
    threads.on('error', error => (reason = error));
    threads.on('workerDestroy', () =>
      queueMicrotask(() => {
        if (!this.closing && threads.threads.length === 0) this.watch.abortWaiting(reason);
      }),
    );
  }
}

/** Names a sample, for a message. */
const sampleText = (sample: SampleTask | undefined) =>
  sample && `frames ${sample.numbers.join(', ')} of clip "${sample.clip.id}" (${sample.clip.path})`;
