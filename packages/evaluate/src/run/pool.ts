import {fileURLToPath} from 'node:url';
import {workerFile} from '@rife-train/data/parts';
import {messageOf, restoreError, workerFailed} from '@rife-train/errors';
import {Piscina} from 'piscina';
import type {Picture} from '../picture/picture.js';
import type {FrameTask, ReadPair, ReadTask, ScoredTarget, ScoreTask, Task, TaskResult} from './tasks.js';

type Done = ReadPair | ScoredTarget | Picture;

/** Folder of the sources, or `dist`. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Threads that read and score while the network works. */
export class ScorePool {
  private readonly threads: Piscina<Task, TaskResult<Done>>;

  /** @throws RIFE_ERR_DATA_WORKER_FILE */
  constructor(readonly size: number) {
    this.threads = new Piscina({
      filename: workerFile('run/worker.js', ROOT),
      minThreads: size,
      maxThreads: size,
      concurrentTasksPerWorker: 1,
    });
  }

  /** @throws whatever `readFrame` throws; RIFE_ERR_DATA_WORKER when the thread dies */
  read(task: Omit<ReadTask, 'kind'>): Promise<ReadPair> {
    return this.run({kind: 'read', ...task}) as Promise<ReadPair>;
  }

  /** @throws as {@link read} */
  score(task: Omit<ScoreTask, 'kind'>): Promise<ScoredTarget> {
    return this.run({kind: 'score', ...task}) as Promise<ScoredTarget>;
  }

  /** @throws as {@link read} */
  frame(task: Omit<FrameTask, 'kind'>): Promise<Picture> {
    return this.run({kind: 'frame', ...task}) as Promise<Picture>;
  }

  private async run(task: Task): Promise<Done> {
    const result = await this.threads.run(task).catch((error: unknown) => {
      throw workerFailed(messageOf(error), error);
    });
    if ('value' in result) return result.value;
    throw result.code === ''
      ? workerFailed(result.message, undefined)
      : restoreError(result.code, result.message);
  }

  /** Abandons what is still running. */
  close(): Promise<void> {
    return this.threads.destroy();
  }
}
