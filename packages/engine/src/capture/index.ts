export {CapturedProgram} from './capturedProgram.js';
export type {CaptureOptions} from './captureOptions.js';
export {EagerProgram} from './eagerProgram.js';
export {ProbeProgram} from './probeProgram.js';
