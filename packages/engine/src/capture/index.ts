export {CapturedProgram, type CaptureOptions} from './capturedProgram.js';
export {EagerProgram} from './eagerProgram.js';
export {ProbeProgram} from './probeProgram.js';
