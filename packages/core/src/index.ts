/** Public API of @rife-train/core. What is exported here is the contract; nothing else is. */
export * from './contract/index.js';
export {definePlugin} from './definePlugin.js';
