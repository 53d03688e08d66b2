/**
 * Runs other programs. Output is kept and passed on by line; no child process outlives this one.
 */
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

export interface Finished {
  /** Exit code; null if a signal ended the program or it could not be started. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** Both streams, in order of arrival. */
  output: string;
}

export interface ExecOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  onLine?: (line: string) => void;
  /** Milliseconds after which the program is killed. */
  timeoutMs?: number;
}

/**
 * Never rejects: a program that cannot be started finishes with code null and the reason as output.
 */
export function exec(program: string, args: string[], options: ExecOptions = {}): Promise<Finished> {
  return new Promise(done => {
    const child = spawn(program, args, {
      // Errors are recognised by their words (cacheErrors.ts, pip.ts), which must not be in the
      // user's language.
      env: {...(options.env ?? process.env), LC_ALL: 'C'},
      cwd: options.cwd,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result: Finished = {code: null, signal: null, stdout: '', output: ''};
    const endChild = () => void child.kill();
    process.once('exit', endChild);
    child.stdout.on('data', data => (result.stdout += data));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', data => (result.output += data));
      createInterface({input: stream}).on('line', line => options.onLine?.(line));
    }
    const finish = (code: number | null, signal: NodeJS.Signals | null) => {
      process.removeListener('exit', endChild);
      done({...result, code, signal});
    };
    child.on('error', error => {
      result.output += error.message;
      finish(null, null);
    });
    child.on('close', finish);
  });
}
