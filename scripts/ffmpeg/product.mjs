/** The product's built modules for reading videos. */
/* eslint-disable rife/imports -- each way of reading is tried by itself, and some are not for others to use */
export {findFfmpeg, openBatchSource, readTriplet, scanClips} from '../../packages/data/dist/index.js';
export {buildClips, packClips} from '../../packages/dataset/dist/index.js';
export {shrinkClip} from '../../packages/dataset/dist/doctor/shrink.js';
export {dialectOf} from '../../packages/data/dist/decode/ffmpeg.js';
export {FrameStore} from '../../packages/data/dist/loader/frames.js';
export {decodeImage} from '../../packages/data/dist/decode/image.js';
