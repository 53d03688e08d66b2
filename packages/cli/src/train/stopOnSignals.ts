import {EXIT} from '../exitCodes.js';
import type {Reporter} from '../progress/reporter.js';
import {watchSignals} from './signals.js';

/** How signals end a run. */
export interface Stopper {
  /** Aborted by the first signal: the run finishes its step and saves. */
  readonly signal: AbortSignal;
  /** From here on there is something to save. Before, the first signal quits at once. */
  begin(): void;
  /** Exit code when a signal ended the run. */
  readonly exitCode: number | undefined;
  close(): void;
}

const CODES = {SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated};

/** Watches Ctrl-C and SIGTERM during a run. */
export function stopOnSignals(reporter: Reporter): Stopper {
  const controller = new AbortController();
  let begun = false;
  const quit = (name: keyof typeof CODES) => process.exit(CODES[name]);
  const watch = watchSignals(name => {
    if (!begun) quit(name);
    controller.abort();
    reporter.message(`${name}: finishing this step, then saving. Once more quits at once.`);
  }, quit);
  return {
    signal: controller.signal,
    begin: () => (begun = true),
    get exitCode() {
      return watch.received && CODES[watch.received];
    },
    close: () => watch.close(),
  };
}
