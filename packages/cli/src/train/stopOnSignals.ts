import {exitNow} from '../endProcess.js';
import {SIGNAL_EXIT} from '../exitCodes.js';
import type {Reporter} from '../progress/reporter.js';
import {watchSignals} from './signals.js';

/** Stops a run from outside. */
export interface Stopper {
  /** Aborted by the first signal, or failure: the run finishes its step and saves. */
  readonly signal: AbortSignal;
  /** From now on there is something to save. Before that, the first signal quits at once. */
  begin(): void;
  /** Has the first step begun? */
  readonly hasBegun: boolean;
  /** Stops the run as a signal does, because of an error that no step has thrown. */
  fail(error: unknown): void;
  /** The first of these errors. */
  readonly failure: {error: unknown} | undefined;
  /** Exit code when a signal stopped the run. */
  readonly exitCode: number | undefined;
  close(): void;
}

/**
 * Watches signals during a run, and uncaught errors: a plugin's timer that throws would end the
 * process, and lose the run.
 * @param quitting called before the process exits without saving, which takes a second at most
 */
export function stopOnSignals(reporter: Reporter, quitting: () => void): Stopper {
  const controller = new AbortController();
  let begun = false;
  let failure: {error: unknown} | undefined;
  const quit = (name: keyof typeof SIGNAL_EXIT) => {
    quitting();
    exitNow(SIGNAL_EXIT[name]);
  };
  const watch = watchSignals(name => {
    if (!begun) quit(name);
    controller.abort();
    const once = name === 'SIGINT' || name === 'SIGTERM' ? ' Once more quits at once.' : '';
    reporter.message(`${name}: finishing this step, then saving.${once}`);
  }, quit);
  const fail = (error: unknown) => {
    if (failure) return;
    failure = {error};
    controller.abort();
  };
  process.on('uncaughtException', fail);
  return {
    signal: controller.signal,
    begin: () => (begun = true),
    get hasBegun() {
      return begun;
    },
    fail,
    get failure() {
      return failure;
    },
    get exitCode() {
      return watch.received && SIGNAL_EXIT[watch.received];
    },
    close() {
      watch.close();
      process.off('uncaughtException', fail);
    },
  };
}
