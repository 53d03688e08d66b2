/**
 * Why a video can't be used: the parts of messages that videos of clips and of `data build` have in
 * common. Never a decoder's own words, which name neither the file's fault nor a remedy.
 */

const framesText = (count: number) => (count === 1 ? '1 frame' : `${count} frames`);

/** Pixels of a frame. */
interface Size {
  width: number;
  height: number;
}
const sizeText = ({height, width}: Size) => `${height} x ${width} (height x width)`;

/** Reasons, to be put behind "can't be decoded: " or "can't be used: ". */
export const videoReason = {
  empty: () => 'the file is empty (0 bytes)',
  /** @param kind such as `a web page` */
  other: (kind: string) => `the file is ${kind}, and no video`,
  noPictures: () => 'it has no pictures: no stream in it is a video',
  unknown: () => 'the file is of no kind that ffmpeg knows, or its beginning is damaged',
  noTables: () => 'its table of contents is missing: the recording or the copy of the file was not finished',
  noFrames: () => 'no frame of it can be decoded: it is damaged, or this ffmpeg has no decoder for it',
  cut: (missing: number, frames: number) =>
    `it ends early, after ${framesText(frames)}: the file says that it has ${missing} more bytes than are there`,
  amidst: (frames: number) =>
    `it does not begin with a frame that stands alone, as where a cutter took it out of a longer one, and the decoder fails after ${framesText(frames)} for what was cut away`,
  damaged: (frames: number) => `it is damaged: the decoder fails after ${framesText(frames)}`,
  resized: (frame: number, before: Size, after: Size) =>
    `its frames change their size at frame ${frame}, from ${sizeText(before)} to ${sizeText(after)}`,
  misjudged: (told: Size, found: Size) =>
    `its frames are ${sizeText(found)}, where the file's tables say ${sizeText(told)}`,
  fewer: (got: number, wanted: number) => `it gave ${got} of ${framesText(wanted)}`,
  passing: () =>
    'reading it failed, and did not when it was read once more: it may have changed meanwhile, or the memory run out',
  more: (wanted: number) => `it gave more frames than the ${wanted} that were found when it was opened`,
};
