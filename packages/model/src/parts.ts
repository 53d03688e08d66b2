/**
 * What the networks here are built from, for networks of your own (docs/writing-a-network.md).
 * `tensors.conv('head', 7, 16)` describes the parameters of a layer, and `layers.conv(p, 'head',
 * x)` computes it.
 */
export * as layers from './layers.js';
export * as tensors from './specs.js';
export {checkImages, NetworkTensors, sideMultiple} from './network.js';
export {squaredError} from './losses.js';
export {flipped} from './testTime.js';
export type {TensorSpec} from './specs.js';
