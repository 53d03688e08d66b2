/** The contract of a plugin. */
import type {PluginHooks} from './hooks.js';

/** What `setup` receives. */
export interface PluginContext {
  readonly hooks: PluginHooks;
  /** Writes a line to the run's log under the plugin's name. */
  log(message: string): void;
  /** Shares a value with other plugins; they ask by id, and never import each other. */
  expose(id: string, value: unknown): void;
  /** A value exposed by another plugin, or undefined. Ask inside a tap: all plugins are set up by then. */
  useExposed(id: string): unknown;
}

/** Made by a factory (`gradClip({maxNorm: 1})`), does nothing until the trainer applies it. */
export interface RifePlugin {
  /** `rife:gradclip` for ours, `scope:name` for others. Unique in a run. */
  readonly name: string;
  /** Plugins that must be set up before this one, by name, when they are present. */
  readonly after?: readonly string[];
  setup(context: PluginContext): void;
}
