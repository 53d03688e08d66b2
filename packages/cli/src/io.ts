import type {LineOutput} from './progress/reporter.js';

/** What a command sees of the process. Tests bring their own. */
export interface CommandIo {
  cwd: string;
  stdout: LineOutput;
  stderr: LineOutput;
}

/** The process itself. */
export const processIo = (): CommandIo => ({
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
});
