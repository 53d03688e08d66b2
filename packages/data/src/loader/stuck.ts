/** Distinguishes slow work from work that is stuck. */

/** Checks without progress after which a task is stuck. */
const LOOKS = 20;

/** A watched task of a decode thread. */
export class Watched {
  /**
   * Number of the sample in progress, from 1; 0 before a thread starts it. Written by the thread.
   */
  readonly progress = new Int32Array(new SharedArrayBuffer(4));
  /** Is it stuck? */
  stuck = false;
  private readonly controller = new AbortController();
  private looks = 0;
  private seen = 0;

  get sample(): number {
    return Atomics.load(this.progress, 0);
  }

  /** Aborts the task and its thread. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  abort(reason: unknown): void {
    this.controller.abort(reason);
  }

  /** Restarts counting. */
  forgive(): void {
    this.looks = 0;
  }

  /** Counts a check; an `excused` task is waiting for its turn. */
  look(excused: boolean): void {
    const {sample} = this;
    this.looks = excused || sample !== this.seen ? 0 : this.looks + 1;
    this.seen = sample;
    if (this.looks < LOOKS) return;
    this.stuck = true;
    this.abort(new Error('stuck'));
  }
}

/**
 * Aborts tasks that make no progress for too long, and tasks that no thread starts although all are
 * idle. It counts checks, not time, because a suspended process or machine makes no progress
 * either.
 */
export class StuckWatch {
  private readonly tasks = new Set<Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly limitMs: number) {}

  /** Watches a new task. */
  add(): Watched {
    const task = new Watched();
    this.tasks.add(task);
    // Only the task keeps the process alive, not this timer.
    this.timer ??= setInterval(() => this.look(), this.limitMs / LOOKS).unref();
    return task;
  }

  /** Ends watching a task; its thread is free for waiting tasks. */
  remove(task: Watched): void {
    this.tasks.delete(task);
    this.waiting().forEach(other => other.forgive());
    if (this.tasks.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Aborts tasks that no thread has started. */
  abortWaiting(reason: unknown): void {
    for (const task of this.waiting()) task.abort(reason);
  }

  private waiting(): Watched[] {
    return [...this.tasks].filter(({sample}) => sample === 0);
  }

  private look(): void {
    const isBusy = this.waiting().length < this.tasks.size;
    for (const task of this.tasks) task.look(task.sample === 0 && isBusy);
  }
}
