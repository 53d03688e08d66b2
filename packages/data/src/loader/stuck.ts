/** Tells work that takes long from work that stands still. */

/** Looks without a change after which something is stuck. */
const LOOKS = 20;

/** A task of a decode thread, as the watch sees it. */
export class Watched {
  /** Number of the sample under way, from 1; 0 where no thread has begun. The thread writes it. */
  readonly progress = new Int32Array(new SharedArrayBuffer(4));
  /** Has it stood still for too long? */
  stuck = false;
  readonly #controller = new AbortController();
  #looks = 0;
  #seen = 0;

  get sample(): number {
    return Atomics.load(this.progress, 0);
  }

  /** Ends the task, and the thread that has it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Counts from here. */
  forgive(): void {
    this.#looks = 0;
  }

  /** Counts a look; `excused` is a task that waits for its turn. */
  look(excused: boolean): void {
    const {sample} = this;
    this.#looks = excused || sample !== this.#seen ? 0 : this.#looks + 1;
    this.#seen = sample;
    if (this.#looks < LOOKS) return;
    this.stuck = true;
    this.abort(new Error('stuck'));
  }
}

/**
 * Aborts tasks that stand at one sample for too long, and tasks that no thread begins although none is busy. It counts looks, not time: a process
 * that was stopped, or a machine that slept, has read nothing meanwhile.
 */
export class StuckWatch {
  readonly #tasks = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly limitMs: number) {}

  /** A new task to look after. */
  add(): Watched {
    const task = new Watched();
    this.#tasks.add(task);
    // The task keeps the process alive, not this.
    this.#timer ??= setInterval(() => this.#look(), this.limitMs / LOOKS).unref();
    return task;
  }

  /** A task that is over; the thread that it had is free for those that wait. */
  remove(task: Watched): void {
    this.#tasks.delete(task);
    this.#waiting().forEach(other => other.forgive());
    if (this.#tasks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Aborts the tasks that no thread has begun. */
  abortWaiting(reason: unknown): void {
    for (const task of this.#waiting()) task.abort(reason);
  }

  #waiting(): Watched[] {
    return [...this.#tasks].filter(({sample}) => sample === 0);
  }

  #look(): void {
    const isBusy = this.#waiting().length < this.#tasks.size;
    for (const task of this.#tasks) task.look(task.sample === 0 && isBusy);
  }
}
