import {
  duplicatePlugin,
  namedFailure,
  notAPlugin,
  pluginApiVersion,
  pluginCycle,
  pluginTooLate,
  showValue,
  tapReturned,
  trainerState,
  twoCores,
} from '@rife-train/errors';
import {
  PLUGIN_API_VERSION,
  type PluginTrainer,
  type RunSnapshot,
  type RifePlugin,
  type TrainConfig,
  type TrainerHooks,
} from '../contract/index.js';
import {actingFor} from './acting.js';
import {checkBuiltIns} from './builtIns.js';
import {CORE_LOCATION} from './definePlugin.js';
import type {Logger} from '../log/logger.js';
import {tapOnlyHooks} from './tapOnly.js';

/**
 * Refuses anything that is not a plugin; for known mistakes the error has the fix to paste.
 * @throws RIFE_ERR_PLUGIN_INVALID
 */
export function checkPlugin(candidate: unknown): RifePlugin {
  if (typeof candidate === 'function') {
    const name = candidate.name || 'plugin';
    throw notAPlugin(
      `\`${name}\` was passed without calling it`,
      `Write \`${name}()\` in "plugins" of rife.config.ts`,
    );
  }
  if (typeof (candidate as PromiseLike<unknown> | undefined)?.then === 'function')
    throw notAPlugin('A Promise was passed as a plugin', 'Write `await` before it in rife.config.ts');
  if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate))
    throw notAPlugin(
      `${showValue(candidate)} was passed as a plugin`,
      'A plugin is what a factory returns, `gradClip()`',
    );
  const {name, apply} = candidate as Partial<RifePlugin>;
  if (typeof name !== 'string' || name === '')
    throw notAPlugin(
      `A plugin without a name was passed: ${showValue(candidate)}`,
      'Give it a name, `scope:name`',
    );
  if (typeof apply !== 'function')
    throw notAPlugin(
      `Plugin "${name}" has no apply function, but ${showValue(apply)}`,
      'Return definePlugin({name, apply({hooks}) { ... }}) from its factory',
    );
  checkOrigin(candidate as RifePlugin);
  return candidate as RifePlugin;
}

/** Was it made for this contract, by this copy of core? */
function checkOrigin({name, apiVersion, core}: RifePlugin): void {
  if (apiVersion !== PLUGIN_API_VERSION) throw pluginApiVersion(name, apiVersion, PLUGIN_API_VERSION);
  if (core !== CORE_LOCATION) throw twoCores(name, core, CORE_LOCATION);
}

/** By stage; equal ones stay in the order of the configuration. */
const byStage = (plugins: readonly RifePlugin[]) =>
  [...plugins].sort(({stage: a = 0}, {stage: b = 0}) => a - b);

/**
 * Names of the plugins that each plugin must follow: its own `after`, and those that name it in
 * `before`.
 */
function predecessors(plugins: readonly RifePlugin[]): Map<string, readonly string[]> {
  const pointingAt = (name: string) =>
    plugins.filter(({before = []}) => before.includes(name)).map(plugin => plugin.name);
  return new Map(plugins.map(({name, after = []}) => [name, [...after, ...pointingAt(name)]]));
}

/**
 * Plugins by `stage`, then in the order of the configuration, each after those that it must follow,
 * where they are present.
 * @throws RIFE_ERR_PLUGIN_ORDER when they depend on each other in a circle
 */
export function orderPlugins(plugins: readonly RifePlugin[]): RifePlugin[] {
  const present = new Map(plugins.map(plugin => [plugin.name, plugin]));
  const earlier = predecessors(plugins);
  const ordered = new Set<RifePlugin>();
  const visit = (plugin: RifePlugin, path: readonly string[]): void => {
    if (ordered.has(plugin)) return;
    if (path.includes(plugin.name)) throw pluginCycle(path.slice(path.indexOf(plugin.name)));
    for (const name of earlier.get(plugin.name) ?? []) {
      const before = present.get(name);
      if (before) visit(before, [...path, plugin.name]);
    }
    ordered.add(plugin);
  };
  for (const plugin of byStage(plugins)) visit(plugin, []);
  return [...ordered];
}

/**
 * Names of the plugins that a prediction needs besides the weights: those that change it by a tap
 * on `flow`. Changes to the architecture are in the options of the model, which a checkpoint holds.
 */
export function predictionPlugins(plugins: readonly RifePlugin[], {flow}: TrainerHooks): string[] {
  const changesFlow = ({name, changesPrediction = false}: RifePlugin) =>
    changesPrediction && flow.taps.some(tap => tap.name === name);
  return plugins.filter(changesFlow).map(({name}) => name);
}

/** What a registry needs of the trainer. */
export interface PluginHost {
  hooks: TrainerHooks;
  config: TrainConfig;
  logger: Logger;
  /** @default {rank: 0, count: 1} */
  replica?: PluginTrainer['replica'];
  /** The current run, if there is one. */
  snapshots?: () => {takeSnapshot(): Promise<RunSnapshot>} | undefined;
}

/** The plugins of one run: collected, then applied once. */
export class PluginRegistry {
  /** The configuration as plugins see it; the `config` hook replaces it. */
  config: TrainConfig;
  private readonly plugins: RifePlugin[] = [];
  private isApplied = false;

  constructor(private readonly host: PluginHost) {
    this.config = host.config;
  }

  /**
   * @throws RIFE_ERR_PLUGIN_INVALID, RIFE_ERR_PLUGIN_API, RIFE_ERR_PLUGIN_TWO_CORES,
   *   RIFE_ERR_PLUGIN_DUPLICATE, RIFE_ERR_PLUGIN_LATE
   */
  add(candidate: unknown): void {
    const plugin = checkPlugin(candidate);
    if (this.isApplied) throw pluginTooLate(plugin.name);
    if (this.plugins.some(other => other.name === plugin.name)) throw duplicatePlugin(plugin.name);
    this.plugins.push(plugin);
  }

  /** Applies all plugins, in order; their taps run in the same order. Returns them. */
  apply(): RifePlugin[] {
    this.isApplied = true;
    const ordered = orderPlugins(this.plugins);
    for (const plugin of ordered) this.applyOne(plugin);
    return ordered;
  }

  private applyOne(plugin: RifePlugin): void {
    try {
      const returned = actingFor(plugin.name, () => plugin.apply(this.trainerFor(plugin.name))) as unknown;
      checkBuiltIns(plugin.name, 'apply');
      if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') return;
      (returned as Promise<unknown>).then(undefined, () => {});
      throw tapReturned(plugin.name, 'apply', 'a Promise', 'nothing: taps must be there when it returns');
    } catch (cause) {
      throw namedFailure(plugin.name, 'apply', cause);
    }
  }

  private trainerFor(plugin: string): PluginTrainer {
    const {hooks, logger, replica = {rank: 0, count: 1}} = this.host;
    const config = () => this.config;
    return {
      hooks: tapOnlyHooks(hooks, plugin),
      get config() {
        return config();
      },
      replica: {rank: replica.rank, count: replica.count},
      log: message => logger.plugin(plugin, message),
      warn: message => logger.warn(`[${plugin}] ${message}`),
      event: (event, text, facts = {}) => {
        logger.warn(`[${plugin}] ${text}`);
        logger.event({event, plugin, ...facts});
      },
      takeSnapshot: async () => {
        const run = this.host.snapshots?.();
        if (run) return run.takeSnapshot();
        throw trainerState(
          `Plugin "${plugin}" asked for a snapshot outside a run`,
          'Take it in a tap of beforeStep',
        );
      },
    };
  }
}
