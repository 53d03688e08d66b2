import type {LineOutput} from './progress/reporter.js';

/** What a command sees of the process. Tests bring their own. */
export interface CommandIo {
  cwd: string;
  stdout: LineOutput;
  stderr: LineOutput;
}

/**
 * The process itself. Who reads what it writes may go away (`train | head`), or the terminal, or the disk behind `> file` be full:
 * the command goes on without output, and ends with its own exit code.
 */
export function processIo(): CommandIo {
  const {stdout, stderr} = process;
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  return {cwd: process.cwd(), stdout, stderr};
}
