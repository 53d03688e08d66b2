/** The contract of a plugin. */
import type {TrainConfig} from './config.js';
import type {PluginHooks, RunSnapshot} from './hooks.js';

/**
 * Version of this contract. It grows when a plugin of before would no longer work; `definePlugin`
 * stamps it on.
 */
export const PLUGIN_API_VERSION = 1;

/** The trainer as a plugin sees it, in `apply`. */
export interface PluginTrainer {
  /** Can be tapped; only the trainer fires them. */
  readonly hooks: PluginHooks;
  /**
   * The configuration with all defaults filled in, as the taps of `config` have left it once those
   * ran. Do not change it.
   */
  readonly config: Readonly<TrainConfig>;
  /**
   * Which replica this is, of how many. For what only one of them should do, such as writing a
   * file; never for decisions, which all must take alike. `{rank: 0, count: 1}` where one device
   * trains alone.
   */
  readonly replica: {readonly rank: number; readonly count: number};
  /** Writes a line to the run's log under the plugin's name. */
  log(message: string): void;
  /** Writes a warning. */
  warn(message: string): void;
  /**
   * Copies everything that the run is at this moment into memory (fires `save` for the plugins'
   * state): three numbers of four bytes for each parameter, 129 MB for RIFE; four where the run
   * keeps averages. For verdicts. In taps
   * of `beforeStep` alone.
   * @throws RIFE_ERR_TRAINER_STATE elsewhere
   */
  takeSnapshot(): Promise<RunSnapshot>;
  /** Writes an event to the log and to metrics.jsonl; `event` names it, `text` is for the log. */
  event(event: string, text: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** What an author writes, and gives to `definePlugin`. */
export interface PluginDefinition {
  /** `rife:gradclip` for ours, `scope:name` for others. Unique in a run. */
  readonly name: string;
  /** Plugins that must be applied before this one, by name, when they are present. */
  readonly after?: readonly string[];
  /** Plugins that must be applied after this one, by name, when they are present. */
  readonly before?: readonly string[];
  /**
   * Lower ones are applied first; equal ones in the order of the configuration. `after` and
   * `before` win over it. Taps run in the order in which plugins are applied. @default 0
   */
  readonly stage?: number;
  /**
   * Does a prediction without this plugin differ from one with it? True for plugins that change the
   * flow or the architecture: previews and `rife-train predict` then need them. @default false
   */
  readonly changesPrediction?: boolean;
  /**
   * Its options, as they are in force: the folder of a run keeps them, so that the run can be made
   * again. @default not kept
   */
  readonly options?: unknown;
  /**
   * Snapshots that it lets a checkpoint hold, at most; the plan of a run counts them. @default 0
   */
  readonly snapshotsKept?: number;
  /** Taps hooks. Called once per run, in order; must not wait. */
  apply(trainer: PluginTrainer): void;
}

/**
 * A plugin made by `definePlugin`. A factory (`gradClip({maxNorm: 1})`) returns one; it does
 * nothing until it is applied.
 */
export interface RifePlugin extends PluginDefinition {
  /** {@link PLUGIN_API_VERSION} of the core that it was made with. */
  readonly apiVersion: number;
  /** Where that core lies; two of them in one tree can't share tensors and errors. */
  readonly core: string;
}
