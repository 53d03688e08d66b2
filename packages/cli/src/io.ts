import {printableLines} from '@rife-train/errors';
import type {LineOutput} from './progress/reporter.js';

/** The part of the process that a command uses; tests pass their own. */
export interface CommandIo {
  cwd: string;
  stdout: LineOutput;
  stderr: LineOutput;
}

/**
 * All text of a command passes here: names of clips, plugins, tensors and log keys come from
 * outside, and may hold what would steer a terminal.
 */
export const printableOutput = (stream: LineOutput): LineOutput => ({
  get isTTY() {
    return stream.isTTY;
  },
  get columns() {
    return stream.columns;
  },
  write: text => stream.write(printableLines(text)),
  steer: sequence => stream.write(sequence),
});

/**
 * The process itself. The reader of its output may exit (`train | head`), the terminal may close,
 * the disk of `> file` may be full: the command then continues without output, and exits with its
 * own code.
 */
export function processIo(): CommandIo {
  const {stdout, stderr} = process;
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  return {cwd: process.cwd(), stdout: printableOutput(stdout), stderr: printableOutput(stderr)};
}
