export {openBatchSource} from './batchSource.js';
export type {Clip, Split} from './clip.js';
export {findFfmpeg} from './ffmpeg.js';
export {resolveOptions, type BatchSourceOptions, type ResolvedOptions} from './options.js';
export {readTriplet, type ReadTripletOptions, type Triplet} from './readTriplet.js';
export {hasSplit, scanClips, type OnBadClip} from './scan.js';
export {PACK_CODECS, type PackCodec} from './pack/format.js';
export type {PackedClip} from './pack/packClip.js';
export {packClips, type PackEvent, type PackOptions, type PackSummary} from './pack/packClips.js';
