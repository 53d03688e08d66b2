/**
 * What `@rife-train/dataset` builds on. Not part of the public interface: anything here may change
 * with any release.
 */
export {
  byName,
  endingOf,
  framesFor,
  MAX_PIXELS,
  PACK_ENDING,
  type FoundClip,
  type FrameNumbers,
  type Remark,
} from './clip.js';
export {REASONS} from './clips/find/passedOver.js';
export {findClips} from './clips/scan.js';
export {dialectOnce, ffmpegOnce, lastLine} from './decode/ffmpeg.js';
export {startFfmpeg} from './decode/ffmpegProcess.js';
export {decodeImage} from './decode/image.js';
export {decodeSmall, decodeVideo} from './decode/video/decode.js';
export {faultOf, type Fault} from './decode/video/fault.js';
export {
  inputArgs,
  numberedInput,
  onlyFile,
  onlyFrames,
  onlySize,
  rawOutput,
  STRICT,
  TO_RGB,
} from './decode/video/input.js';
export {probeVideo} from './decode/video/probe.js';
export {shapeOf} from './decode/video/shape.js';
export {measureFrames} from './decode/video/sizes.js';
export {meanOf, quantile} from './decode/video/statistics.js';
export {timingOf, type Timing} from './decode/video/times.js';
export {FrameStore} from './loader/frames.js';
export {workerFile} from './loader/workerFile.js';
export {TILE, type PackSource} from './pack/format.js';
export {PackFile, readPackHeader, verifyPack} from './pack/reader.js';
export {eachFrame, sourceOf} from './pack/source.js';
export {PackWriter} from './pack/writer.js';
export {gapShares} from './sampling/plan.js';
export {createRandom} from './sampling/random.js';
export {tripletsOfGaps} from './sampling/triplets.js';
