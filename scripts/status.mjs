/** Progress for a waiting user: a line that a terminal redraws, or an occasional line in a log. */

/** Pauses between lines of a log: each is twice the last, so that an hour gives some 60 lines. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * `say` prints a permanent line. `show` gets the current state, as often as the caller likes.
 * `clear` ends the redrawing.
 */
export function createStatus(prefix, output = process.stdout, now = () => performance.now()) {
  const print = text => output.write(`${prefix}${text}\n`);
  return output.isTTY && process.env.TERM !== 'dumb' ? onTerminal(prefix, output, print) : inLog(print, now);
}

function onTerminal(prefix, output, print) {
  const clear = () => output.write('\r\x1b[K');
  return {
    clear,
    say: text => (clear(), print(text)),
    // A line that wraps could not be redrawn.
    show: text => output.write(`\r${`${prefix}${text}`.slice(0, (output.columns || 80) - 1)}\x1b[K`),
  };
}

function inLog(print, now) {
  let pause, last;
  const next = ms => ([pause, last] = [ms, now()]);
  next(FIRST_PAUSE_MS);
  return {
    clear() {},
    say: text => (print(text), next(FIRST_PAUSE_MS)),
    show(text) {
      if (now() - last < pause) return;
      print(text);
      next(Math.min(2 * pause, LONGEST_PAUSE_MS));
    },
  };
}
