/** Videos: what they are, and their frames. */
export {decodeSmall, decodeVideo, decodeVideoRegion, streamVideo, type PartOfVideo} from './video/decode.js';
export {probeVideo, type VideoInfo} from './video/probe.js';
