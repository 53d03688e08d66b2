/** Which plugin acts: in its taps, and in the timers and Promises that it starts there. */
import {AsyncLocalStorage} from 'node:async_hooks';

const acting = new AsyncLocalStorage<string>();

/** Calls a function of a plugin. */
export const actingFor = <T>(plugin: string, call: () => T): T => acting.run(plugin, call);

/**
 * Name of the plugin whose function runs, or has started the timer or the Promise that runs. A
 * listener of `uncaughtException` gets that of what threw.
 */
export const actingPlugin = (): string | undefined => acting.getStore();
