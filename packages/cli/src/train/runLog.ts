/**
 * The output of a run, kept in its folder: the terminal may close, and nobody has to remember
 * `tee`.
 */
import {printableLines} from '@rife-train/errors';
import {appendText} from '@rife-train/files';
import {plainLine} from '../progress/lines.js';
import type {ProgressView} from '../progress/meter.js';
import type {Reporter} from '../progress/reporter.js';

/** Milliseconds between two lines about progress. */
const PROGRESS_MS = 60_000;

export class RunLog {
  /** Lines from before the first step: a start that fails leaves no file. */
  private waiting: string[] = [];
  private file: string | undefined;
  private shownAt = -Infinity;

  constructor(private readonly now = () => Date.now()) {}

  /** From the first step on, lines go to a file. */
  open(file: string): void {
    if (this.file !== undefined) return;
    this.file = file;
    this.append(this.waiting.join(''));
    this.waiting = [];
  }

  line(text: string): void {
    const line = `${new Date(this.now()).toISOString()} ${printableLines(text)}\n`;
    if (this.file === undefined) this.waiting.push(line);
    else this.append(line);
  }

  progress(view: ProgressView): void {
    if (this.now() - this.shownAt < PROGRESS_MS && view.done !== view.steps) return;
    this.shownAt = this.now();
    this.line(plainLine(view));
  }

  /** A reporter that shows lines on another one, and keeps them here. */
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

  /** A full or missing disk is reported by the writers of checkpoints and metrics. */
  private append(text: string): void {
    try {
      appendText(this.file!, text);
    } catch {
      // See above.
    }
  }
}
