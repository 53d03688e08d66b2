import {
  duplicatePlugin,
  exposedTwice,
  notAPlugin,
  pluginCycle,
  pluginTooLate,
  showValue,
  tapReturned,
} from '@rife-train/errors';
import type {PluginContext, RifePlugin, TrainerHooks} from './contract/index.js';
import {namedFailure} from './driver.js';
import {tapOnlyHooks} from './tapOnly.js';

/**
 * Refuses what is not a plugin, with the fix to paste where the mistake is a known one.
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
  const {name, setup} = candidate as Partial<RifePlugin>;
  if (typeof name !== 'string' || name === '')
    throw notAPlugin(
      `A plugin without a name was passed: ${showValue(candidate)}`,
      'Give it a name, `scope:name`',
    );
  if (typeof setup !== 'function')
    throw notAPlugin(
      `Plugin "${name}" has no setup function, but ${showValue(setup)}`,
      'Return {name, setup({hooks}) { ... }} from its factory',
    );
  return candidate as RifePlugin;
}

/**
 * Plugins in the order of the configuration, each behind those that it names in `after`, when they are present.
 * @throws RIFE_ERR_PLUGIN_ORDER when they wait for each other
 */
export function orderPlugins(plugins: readonly RifePlugin[]): RifePlugin[] {
  const present = new Map(plugins.map(plugin => [plugin.name, plugin]));
  const ordered = new Set<RifePlugin>();
  const visit = (plugin: RifePlugin, path: readonly string[]): void => {
    if (ordered.has(plugin)) return;
    if (path.includes(plugin.name)) throw pluginCycle(path.slice(path.indexOf(plugin.name)));
    for (const name of plugin.after ?? []) {
      const before = present.get(name);
      if (before) visit(before, [...path, plugin.name]);
    }
    ordered.add(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return [...ordered];
}

/** The plugins of one run: collected, then set up once. */
export class PluginRegistry {
  private readonly plugins: RifePlugin[] = [];
  private readonly exposed = new Map<string, {plugin: string; value: unknown}>();
  private isSetUp = false;

  constructor(
    private readonly hooks: TrainerHooks,
    private readonly log: (plugin: string, message: string) => void,
  ) {}

  /** @throws RIFE_ERR_PLUGIN_INVALID, RIFE_ERR_PLUGIN_DUPLICATE, RIFE_ERR_PLUGIN_LATE */
  add(candidate: unknown): void {
    const plugin = checkPlugin(candidate);
    if (this.isSetUp) throw pluginTooLate(plugin.name);
    if (this.plugins.some(other => other.name === plugin.name)) throw duplicatePlugin(plugin.name);
    this.plugins.push(plugin);
  }

  /** Sets all plugins up, in order; their taps run in the same order. Returns the names. */
  setUp(): string[] {
    this.isSetUp = true;
    const ordered = orderPlugins(this.plugins);
    for (const plugin of ordered) this.setUpOne(plugin);
    return ordered.map(plugin => plugin.name);
  }

  private setUpOne(plugin: RifePlugin): void {
    try {
      const returned = plugin.setup(this.contextOf(plugin.name)) as unknown;
      if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') return;
      (returned as Promise<unknown>).then(undefined, () => {});
      throw tapReturned(plugin.name, 'setup', 'a Promise', 'nothing: taps must be there when it returns');
    } catch (cause) {
      throw namedFailure(plugin.name, 'setup', cause);
    }
  }

  private contextOf(plugin: string): PluginContext {
    return {
      hooks: tapOnlyHooks(this.hooks, plugin),
      log: message => this.log(plugin, message),
      expose: (id, value) => {
        const other = this.exposed.get(id);
        if (other) throw exposedTwice(plugin, id, other.plugin);
        this.exposed.set(id, {plugin, value});
      },
      useExposed: id => this.exposed.get(id)?.value,
    };
  }
}
