/** Public API of @rife-train/engine; gradient-safe ops are in `@rife-train/engine/ops`. */
export {createEngine, type EngineOptions} from './createEngine.js';
export {deviceName} from './device.js';
export {CapturedProgram, EagerProgram, ProbeProgram, type CaptureOptions} from './capture/index.js';
export * from './runtime/index.js';
