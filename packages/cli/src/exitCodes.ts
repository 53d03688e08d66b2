import {ERROR_EXIT, isRifeError} from '@rife-train/errors';

/** Exit codes of the command; docs/cli.md and `--help` list them. */
export const EXIT = {
  ok: 0,
  ...ERROR_EXIT,
  /** Ctrl-C: 128 + SIGINT, whether or not the run could be saved. */
  interrupted: 130,
  /** 128 + SIGTERM. */
  terminated: 143,
  /** 128 + SIGHUP: the terminal is gone. */
  hungUp: 129,
  /** 128 + SIGUSR1, as batch systems send it before the end of the allotted time. */
  signalled: 138,
} as const;

/** Of a command that a signal stopped. */
export const SIGNAL_EXIT = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
  SIGUSR1: EXIT.signalled,
} as const;

/** Explains each code; for `--help`. */
export const EXIT_HELP: readonly [code: number, meaning: string][] = [
  [EXIT.ok, 'done; "train": the run reached its last step'],
  [
    EXIT.failed,
    'the run failed; "weights diff": the files differ; "data doctor": errors were found; "data build": nothing was made',
  ],
  [EXIT.usage, 'wrong command line, configuration or plugin'],
  [EXIT.environment, 'this machine lacks something; see "rife-train doctor"'],
  [EXIT.data, 'clips, weights or checkpoint that cannot be used'],
  [EXIT.interrupted, 'stopped by Ctrl-C (saved, unless pressed twice)'],
  [EXIT.terminated, 'stopped by SIGTERM (saved)'],
  [EXIT.hungUp, 'stopped by SIGHUP: the terminal is gone (saved)'],
  [EXIT.signalled, 'stopped by SIGUSR1 (saved)'],
];

/** Exit code for something that was thrown. */
export const exitCodeOf = (error: unknown): number => (isRifeError(error) ? error.exitCode : EXIT.failed);
