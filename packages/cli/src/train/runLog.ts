/** What a run says, kept in its folder: the terminal may be gone, and nobody has to think of `tee`. */
import {appendFileSync} from 'node:fs';
import {plainLine} from '../progress/lines.js';
import type {ProgressView} from '../progress/meter.js';
import type {Reporter} from '../progress/reporter.js';

/** Milliseconds between two lines about progress. */
const PROGRESS_MS = 60_000;

export class RunLog {
  /** What was said before the run began: a start that fails leaves no file behind. */
  private waiting: string[] = [];
  private file: string | undefined;
  private toldAt = -Infinity;

  constructor(private readonly now = () => Date.now()) {}

  /** From here on there is a run to keep it with. */
  open(file: string): void {
    if (this.file !== undefined) return;
    this.file = file;
    this.append(this.waiting.join(''));
    this.waiting = [];
  }

  line(text: string): void {
    const line = `${new Date(this.now()).toISOString()} ${text}\n`;
    if (this.file === undefined) this.waiting.push(line);
    else this.append(line);
  }

  progress(view: ProgressView): void {
    if (this.now() - this.toldAt < PROGRESS_MS && view.done !== view.steps) return;
    this.toldAt = this.now();
    this.line(plainLine(view));
  }

  /** A reporter that shows on another one, and keeps it here. */
  over(reporter: Reporter): Reporter {
    return {
      message: text => {
        this.line(text);
        reporter.message(text);
      },
      progress: view => {
        this.progress(view);
        reporter.progress(view);
      },
      close: () => reporter.close(),
    };
  }

  /** A disk that is full, or gone, is told of by what matters more. */
  private append(text: string): void {
    try {
      appendFileSync(this.file!, text);
    } catch {
      // See above.
    }
  }
}
