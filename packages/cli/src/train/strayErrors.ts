/** What plugins do outside the calls that the trainer waits for: it must not lose a run. */
import {actingPlugin} from '@rife-train/core';
import {isRifeError, pluginStray} from '@rife-train/errors';

/** Runs of this process, or thread, that have not ended. */
let running = 0;

const exit = process.exit.bind(process);

/** In a plugin it throws: the run would be lost, and 0 would read as success. */
function exitUnlessPlugin(code?: number | string | null): never {
  if (running === 0 || actingPlugin() === undefined) return exit(code);
  throw new Error(
    `it called process.exit(${code ?? ''}). A verdict "stop", or an error that is thrown, stops a run`,
  );
}

/** An error that nobody caught, with the name of the plugin whose timer or Promise it is. */
function named(error: unknown): unknown {
  const plugin = actingPlugin();
  return plugin === undefined || isRifeError(error) ? error : pluginStray(plugin, error);
}

/**
 * Runs a trainer. A timer that throws, or a rejected Promise that nobody waits for, stops the run
 * as `signal` does: after its step, with a checkpoint.
 * @param run gets the signal that stops the run
 * @throws the first such error, also where the run fails too; else what the run throws
 */
export async function withStrayErrors<T>(
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const errors: unknown[] = [];
  const fail = (error: unknown) => {
    errors.push(named(error));
    controller.abort();
  };
  process.on('uncaughtException', fail);
  process.exit = exitUnlessPlugin;
  running += 1;
  const [result] = await Promise.allSettled([run(AbortSignal.any([signal, controller.signal]))]);
  running -= 1;
  process.off('uncaughtException', fail);
  if (errors.length > 0) throw errors[0];
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
