/** ffmpeg alone, for threads that need nothing else of this package: `@rife-train/data/ffmpeg`. */
export {startFfmpeg, type FfmpegProcess} from './decode/ffmpegProcess.js';
