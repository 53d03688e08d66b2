export * from './config.js';
export * from './data.js';
export * from './hooks.js';
export * from './initialWeights.js';
export * from './model.js';
export * from './plugin.js';
export * from './program.js';
export type * from './registries.js';
export type * from './replicas.js';
