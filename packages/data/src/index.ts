export {openBatchSource} from './batchSource.js';
export type {Clip, Split} from './clip.js';
export {findFfmpeg} from './ffmpeg.js';
export {resolveOptions, type BatchSourceOptions, type ResolvedOptions} from './options.js';
export {readTriplet, type ReadTripletOptions, type Triplet} from './readTriplet.js';
export {hasSplit, scanClips, type OnBadClip} from './scan.js';
