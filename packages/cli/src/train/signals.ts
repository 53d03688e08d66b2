/** What the first signal of a run was. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The part of `process` that signals need; tests bring their own. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

export interface SignalWatch {
  /** The first signal, once there was one. */
  readonly received: StopSignal | undefined;
  /** Stops watching; the signals do again what they do by default. */
  close(): void;
}

/**
 * Two signals closer than this are one key press: a terminal signals npm and us, and npm passes it on to us again.
 * The second of them must not count as "quit without saving".
 */
const ONE_PRESS_MS = 500;

/**
 * Turns the first Ctrl-C or SIGTERM into a request, and the second one into an end at once. A step is one native
 * call: signals are seen between steps.
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
  const listeners = (['SIGINT', 'SIGTERM'] as const).map(signal => {
    const listener = () => {
      const isRepeat = now() - pressedAt < ONE_PRESS_MS;
      pressedAt = now();
      if (received === undefined) {
        received = signal;
        requested(signal);
      } else if (!isRepeat) forced(signal);
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
