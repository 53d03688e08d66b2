/**
 * Writes a new plugin package; `npm create rife-train-plugin` and `rife-train create-plugin` both
 * call this.
 */
export {createPlugin, nextCommands, type CreatePluginOptions, type CreatedPlugin} from './createPlugin.js';
export {pluginNames, type PluginNames} from './names.js';
