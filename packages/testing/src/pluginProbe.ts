/** Calls a plugin's taps one by one without a trainer, for tests of what a tap computes. */
import {
  resolveConfig,
  type LogKey,
  type NamedTensors,
  type ParameterSpec,
  type PluginTrainer,
  type Progress,
  type RifePlugin,
  type RunSnapshot,
  type Trace,
  type TrainConfig,
  type TrainerHooks,
  type UserConfig,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

type AnyFunction = (...args: never[]) => unknown;
type HookName = keyof TrainerHooks;

/** Inputs of a tap of a traced hook; every part has a default. */
export interface ProbeTraceOptions {
  /** @default step 0 of 1000 */
  progress?: Partial<Progress>;
  /** [B] @default [1] */
  gap?: readonly number[];
  /** [B] @default 0.5 each */
  timestep?: readonly number[];
  /** @default true */
  training?: boolean;
  /** Values of parameters in program layout. @default {} */
  parameters?: NamedTensors;
  /** Axis of the outputs, by parameter. @default none */
  unitAxes?: Readonly<Record<string, number>>;
}

/** A `Trace` that evaluates declared scalars at once, and records logs. */
export interface ProbeTrace extends Trace {
  readonly logs: Record<string, number>;
}

/** A trace outside any trainer. */
export function probeTrace(options: ProbeTraceOptions = {}): ProbeTrace {
  const {gap = [1], timestep = gap.map(() => 0.5), training = true, parameters = {}, unitAxes = {}} = options;
  const steps = options.progress?.steps ?? 1000;
  const step = options.progress?.step ?? 0;
  const progress = {steps, step, fraction: step / steps, ...options.progress};
  const logs: Record<string, number> = {};
  return {
    logs,
    gap: tf.tensor1d([...gap]),
    timestep: tf.tensor1d([...timestep]),
    training,
    scalar: (_name, value) => tf.scalar(value(progress)),
    parameter(name) {
      const value = parameters[name];
      if (!value) throw new Error(`the test gave no parameter "${name}"`);
      const unitAxis = unitAxes[name];
      const spec: ParameterSpec = {name, shape: value.shape, fileShape: value.shape};
      return {value, spec: unitAxis === undefined ? spec : {...spec, unitAxis}};
    },
    log: (key: LogKey, value: tf.Scalar) => void (logs[key] = value.dataSync()[0]!),
  };
}

/** A plugin that was applied to a mere list of its taps. */
export class PluginProbe {
  /** Lines that the plugin wrote; warnings begin with `warning: `. */
  readonly lines: string[] = [];
  /** Events that it wrote. */
  readonly events: Record<string, unknown>[] = [];
  /** Return value of `takeSnapshot`. */
  snapshot: RunSnapshot = {step: 0, dataIndex: 0, bytes: 0, isFinite: true};
  readonly config: TrainConfig;
  private readonly taps = new Map<string, AnyFunction[]>();

  constructor(plugin: RifePlugin, config: Partial<UserConfig> = {}) {
    this.config = resolveConfig({data: {root: 'clips'}, steps: 1000, ...config});
    plugin.apply(this.trainer());
  }

  /** Names of the tapped hooks, in order. */
  get tapped(): string[] {
    return [...this.taps.keys()];
  }

  /**
   * Runs the taps of a waterfall hook on a value, followed by the other arguments; returns the last
   * result.
   */
  pass<T>(hook: HookName, value: T, ...rest: readonly unknown[]): T {
    return this.tapsOf(hook).reduce<T>((now, tap) => tap(...([now, ...rest] as never[])) as T, value);
  }

  /**
   * Calls the taps of a host hook, one after the other. Returns the last result that is defined.
   */
  async call(hook: HookName, ...args: readonly unknown[]): Promise<unknown> {
    let last: unknown;
    for (const tap of this.tapsOf(hook)) last = (await tap(...(args as never[]))) ?? last;
    return last;
  }

  /** What the plugin saves under its name, as a checkpoint would return it. */
  async saved(name: string): Promise<unknown> {
    const plugins: Record<string, unknown> = {};
    await this.call('save', {step: 0, directory: '', plugins});
    const text = JSON.stringify(plugins[name]) as string | undefined;
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Loads a state under a plugin's name. */
  async load(name: string, state: unknown): Promise<void> {
    const plugins = state === undefined ? {} : {[name]: state};
    await this.call('load', {step: 0, directory: '', plugins});
  }

  private tapsOf(hook: HookName): readonly AnyFunction[] {
    return this.taps.get(hook) ?? [];
  }

  private trainer(): PluginTrainer {
    const tapping = (hook: string) => {
      const add = (_options: unknown, tap: AnyFunction) =>
        void this.taps.set(hook, [...(this.taps.get(hook) ?? []), tap]);
      return {tap: add, tapPromise: add};
    };
    return {
      hooks: new Proxy({}, {get: (_target, hook) => tapping(String(hook))}) as PluginTrainer['hooks'],
      config: this.config,
      replica: {rank: 0, count: 1},
      log: line => void this.lines.push(line),
      warn: line => void this.lines.push(`warning: ${line}`),
      event: (event, text, facts = {}) => {
        this.lines.push(`event ${event}: ${text}`);
        this.events.push({event, ...facts});
      },
      takeSnapshot: async () => this.snapshot,
    };
  }
}
