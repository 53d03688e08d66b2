/** Watches taps of host hooks: reports those that do not return, and those that leak tensors. */
import * as tf from '@tensorflow/tfjs-core';
import {tapHangs} from '@rife-train/errors';

/** A warning comes before the error. */
const WARN_AFTER_MS = 30_000;
/** Leaks in a row after which a warning is logged: a plugin may keep some tensors once. */
const LEAKS_IN_A_ROW = 20;

/** Reaction to a tap that hangs or leaks. */
export interface WatchOptions {
  /** 0 waits without a limit. */
  timeoutMs: number;
  warn: (text: string) => void;
}

interface Leak {
  calls: number;
  tensors: number;
  warned: boolean;
}

const seconds = (ms: number) => Number((ms / 1000).toFixed(1));

export class TapWatch {
  private options: WatchOptions = {timeoutMs: 0, warn: () => {}};
  private readonly leaks = new Map<string, Leak>();

  begin(options: WatchOptions): void {
    this.options = options;
  }

  /** Number of tensors that are alive. */
  tensors(): number {
    // tf.memory() asks the backend for much more.
    return (tf.engine() as unknown as {state: {numTensors: number}}).state.numTensors;
  }

  /** Counts the tensors that a tap leaked. */
  count(plugin: string, hook: string, before: number): void {
    const more = this.tensors() - before;
    const key = `${plugin} ${hook}`;
    if (more <= 0) return void this.leaks.delete(key);
    const leak = this.leaks.get(key) ?? {calls: 0, tensors: 0, warned: false};
    this.leaks.set(key, {...leak, calls: leak.calls + 1, tensors: leak.tensors + more});
    if (leak.warned || leak.calls + 1 < LEAKS_IN_A_ROW) return;
    this.leaks.get(key)!.warned = true;
    this.options.warn(
      `plugin "${plugin}" leaks: its tap on "${hook}" left ${leak.tensors + more} tensors undisposed in ${leak.calls + 1} calls. Let it dispose them, or use tf.tidy`,
    );
  }

  /**
   * Waits for the Promise of a tap.
   * @throws RIFE_ERR_PLUGIN_HANGS when it takes too long
   */
  async wait<T>(plugin: string, hook: string, settled: T | Promise<T>): Promise<T> {
    const {timeoutMs, warn} = this.options;
    if (timeoutMs === 0) return settled;
    const timers: NodeJS.Timeout[] = [];
    const tooLong = new Promise<never>((_resolve, reject) => {
      // Not unref'd: with nothing else to wait for, the process would exit without an error.
      timers.push(setTimeout(() => reject(tapHangs(plugin, hook, seconds(timeoutMs))), timeoutMs));
    });
    if (timeoutMs > WARN_AFTER_MS)
      timers.push(
        setTimeout(
          () => warn(`still waiting for plugin "${plugin}" in hook "${hook}", until ${seconds(timeoutMs)} s`),
          WARN_AFTER_MS,
        ),
      );
    try {
      return await Promise.race([settled, tooLong]);
    } finally {
      timers.forEach(clearTimeout);
    }
  }
}
