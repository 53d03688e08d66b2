import {PLUGIN_API_VERSION, type PluginDefinition, type RifePlugin} from '../contract/index.js';

/** This copy of core, for messages: the folder that it was loaded from. */
export const CORE_LOCATION = new URL('..', import.meta.url).href;

/**
 * Makes a plugin: its definition, stamped with the version of the contract and with the core that
 * it was made by.
 */
export function definePlugin(definition: PluginDefinition): RifePlugin {
  return {...definition, apiVersion: PLUGIN_API_VERSION, core: CORE_LOCATION};
}
