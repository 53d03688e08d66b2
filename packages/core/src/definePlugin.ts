import type {RifePlugin} from './contract/index.js';

/** Types a plugin; returns it as it is. */
export function definePlugin(plugin: RifePlugin): RifePlugin {
  return plugin;
}
