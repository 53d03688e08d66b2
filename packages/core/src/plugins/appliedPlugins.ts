/** Plugins outside of a training run: for predictions and for inspection. */
import {resolveConfig} from '../config/config.js';
import type {
  ModelOptions,
  ModelTools,
  Network,
  RifePlugin,
  RunSnapshot,
  TrainConfig,
  TrainerHooks,
  UserConfig,
} from '../contract/index.js';
import {installDriver, type TapSession} from './driver.js';
import {networksOf, type Networks} from '../networks/networks.js';
import {createHooks} from './hooks.js';
import {Logger} from '../log/logger.js';
import {predictionPlugins, PluginRegistry} from './registry.js';
import {progressAt} from '../optim/progress.js';
import {ScalarTable} from '../traced/scalars.js';

/**
 * Position of a run when the weights were saved: `step`, `plugins` of a checkpoint's state, and its
 * `config.steps`.
 */
export interface PluginCheckpoint {
  step: number;
  steps: number;
  /** Folder of the checkpoint. */
  directory: string;
  /** State of plugins, by plugin name. */
  plugins: Record<string, unknown>;
}

/** What {@link applyPlugins} needs. */
export interface ApplyRequest {
  /** Its `plugins` are applied; they see the rest of it. */
  config: UserConfig;
  /**
   * Networks that `model.name` may name besides those of `config`. @default `model` stays as it is
   */
  networks?: readonly Network[] | undefined;
  /**
   * State that plugins continue from: their `load` taps are called, and declared scalars have the
   * values of its step.
   * @default none: no `load`, and scalars have the values of the last step
   */
  checkpoint?: PluginCheckpoint | undefined;
  /** Lines and warnings of plugins. @default they are dropped */
  logger?: Logger | undefined;
}

/** Plugins that were applied, outside of a run. */
export interface AppliedPlugins {
  /** In the order in which they were applied. */
  readonly plugins: readonly RifePlugin[];
  /**
   * Names of those that predictions need beside the weights: `changesPrediction`, and a tap on
   * `flow`.
   */
  readonly predictionPlugins: readonly string[];
  /** The configuration as the taps of `config` left it. */
  readonly config: TrainConfig;
  /** Those of the request and of its configuration; undefined without the former. */
  readonly networks: Networks | undefined;
  /**
   * What the taps of `model` make of a network's options: those of the configuration, unless others
   * are given.
   */
  modelOptions(options?: ModelOptions): ModelOptions;
}

/** Costs are known only while a run is set up. */
const NO_TOOLS: ModelTools = {costOf: () => undefined};
const silent = () => new Logger({line: () => {}});

/** {@link AppliedPlugins} with the parts that core itself needs. */
export class PluginSet implements AppliedPlugins {
  readonly hooks: TrainerHooks = createHooks();
  readonly session: TapSession = installDriver(this.hooks);
  readonly scalars = new ScalarTable();
  readonly plugins: readonly RifePlugin[];
  readonly config: TrainConfig;
  /** Steps that are only measured; plugins may take snapshots of them too. */
  steps: {takeSnapshot(): Promise<RunSnapshot>} | undefined;

  constructor(
    user: UserConfig,
    readonly networks: Networks | undefined = undefined,
    logger: Logger = silent(),
  ) {
    const config = resolveConfig(user, networks);
    const registry = new PluginRegistry({hooks: this.hooks, config, logger, snapshots: () => this.steps});
    for (const plugin of config.plugins) registry.add(plugin);
    this.plugins = registry.apply();
    this.config = registry.config = resolveConfig(this.hooks.config.call(config));
  }

  get predictionPlugins(): readonly string[] {
    return predictionPlugins(this.plugins, this.hooks);
  }

  modelOptions(options: ModelOptions = this.config.model): ModelOptions {
    return this.hooks.model.call(options, NO_TOOLS);
  }

  /**
   * Loads the state of plugins from a checkpoint; without one, scalars have the values of the last
   * step.
   */
  async moveTo(checkpoint: PluginCheckpoint | undefined): Promise<void> {
    const {steps} = checkpoint ?? this.config;
    this.scalars.moveTo(progressAt(checkpoint?.step ?? steps, steps));
    if (!checkpoint) return;
    const {step, directory, plugins} = checkpoint;
    await this.hooks.load.promise({step, directory, plugins});
  }
}

/**
 * Applies the plugins of a configuration for predictions: give the result to `openPredictor`.
 * @throws RIFE_ERR_PLUGIN_* and whatever their taps of `config` and `load` throw, with the name of
 *   the plugin
 */
export async function applyPlugins(request: ApplyRequest): Promise<AppliedPlugins> {
  const {config, networks, checkpoint, logger} = request;
  const set = new PluginSet(config, networks && networksOf(networks, config), logger);
  await set.moveTo(checkpoint);
  return set;
}
