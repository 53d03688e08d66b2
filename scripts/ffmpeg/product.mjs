/** The product's built modules for reading videos. */
/* eslint-disable rife/imports -- each way of reading is tried by itself, and some are not for others to use */
export {
  buildClips,
  findFfmpeg,
  openBatchSource,
  packClips,
  readTriplet,
  scanClips,
} from '../../packages/data/dist/index.js';
export {shrinkClip} from '../../packages/data/dist/doctor/shrink.js';
export {dialectOf} from '../../packages/data/dist/decode/ffmpeg.js';
export {FrameStore} from '../../packages/data/dist/loader/frames.js';
export {decodeImage} from '../../packages/data/dist/decode/image.js';
