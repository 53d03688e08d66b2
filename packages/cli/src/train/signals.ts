import {SIGNAL_EXIT} from '../exitCodes.js';

/**
 * Signals that stop a run: Ctrl-C; `kill`; a terminal or ssh connection that closes; what SLURM
 * sends with `--signal=USR1@300` before the end of the allotted time.
 */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const;
/**
 * A second one of these quits at once. SIGHUP does not: the kernel and the shell both send it when
 * a terminal closes.
 */
const FORCING: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** A signal that stops a run. */
export type StopSignal = (typeof STOPPING)[number];

/** The part of `process` that signals need; tests pass their own. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

export interface SignalWatch {
  /** The first signal, once there was one. */
  readonly received: StopSignal | undefined;
  /** Stops watching; the signals have their default effect again. */
  close(): void;
}

/**
 * Two signals closer than this are one key press: a terminal signals npm and this process, and npm
 * forwards its signal too. The second one must not count as "quit without saving".
 */
const ONE_PRESS_MS = 500;

/**
 * Turns the first signal into a request, and a second Ctrl-C or SIGTERM into an end at once. A step
 * is one native call: signals are seen between steps.
 *
 * @param requested called with the first signal
 * @param forced called with the second one
 */
export function watchSignals(
  requested: (signal: StopSignal) => void,
  forced: (signal: StopSignal) => void,
  source: SignalSource = process,
  now: () => number = performance.now.bind(performance),
): SignalWatch {
  let received: StopSignal | undefined;
  let pressedAt = -Infinity;
  const listeners = STOPPING.map(signal => {
    const listener = () => {
      const isForcing = FORCING.includes(signal);
      const isSecond = isForcing && pressedAt > -Infinity && now() - pressedAt >= ONE_PRESS_MS;
      if (isForcing) pressedAt = now();
      if (received === undefined) {
        received = signal;
        requested(signal);
      } else if (isSecond) forced(signal);
    };
    source.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    get received() {
      return received;
    },
    close: () => listeners.forEach(([signal, listener]) => source.off(signal, listener)),
  };
}

/**
 * For commands that make frames: the first signal is announced, and a second one ends the process.
 *
 * @param finishing what is finished first
 * @param message receives the announcement
 */
export const watchFrames = (finishing: string, message: (text: string) => void): SignalWatch =>
  watchSignals(
    name => message(`${name}: finishing ${finishing}. Once more quits at once.`),
    name => process.exit(SIGNAL_EXIT[name]),
  );
