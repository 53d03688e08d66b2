/**
 * Reasons why a video can't be used, shared by the messages for clips and for `data build`.
 * A decoder's own words are not quoted: they name neither the fault of the file nor a remedy.
 */

const framesText = (count: number) => (count === 1 ? '1 frame' : `${count} frames`);

/** Pixels of a frame. */
interface Size {
  width: number;
  height: number;
}
const sizeText = ({height, width}: Size) => `${height} x ${width} (height x width)`;

/** Reasons, to follow "can't be decoded: " or "can't be used: ". */
export const videoReason = {
  empty: () => 'the file is empty (0 bytes)',
  /** @param kind such as `a web page` */
  other: (kind: string) => `the file is ${kind}, not a video`,
  noPictures: () => 'it contains no video stream',
  unknown: () => 'ffmpeg does not know the format of the file, or the beginning of the file is damaged',
  noTables: () => 'its index is missing: recording or copying the file was not finished',
  noFrames: () => 'no frame of it can be decoded: it is damaged, or this ffmpeg has no decoder for it',
  cut: (missing: number, frames: number) =>
    `it ends early, after ${framesText(frames)}: according to its tables, ${missing} bytes are missing`,
  amidst: (frames: number) =>
    `it does not begin with a key frame, as if it was cut out of a longer video, and the decoder fails after ${framesText(frames)}`,
  damaged: (frames: number) => `it is damaged: the decoder fails after ${framesText(frames)}`,
  resized: (frame: number, before: Size, after: Size) =>
    `its frames change their size at frame ${frame}, from ${sizeText(before)} to ${sizeText(after)}`,
  misjudged: (declared: Size, found: Size) =>
    `its frames are ${sizeText(found)}, but its tables say ${sizeText(declared)}`,
  tooLarge: (size: Size, most: number) =>
    `its frames have ${sizeText(size)} pixels, and ${most.toLocaleString('en-US')} pixels are the most`,
  fewer: (got: number, wanted: number) => `it yielded only ${got} of ${framesText(wanted)}`,
  passing: () =>
    'reading it failed once, and succeeded on the second try: it may have changed in between, or memory may have run out',
  more: (wanted: number) => `it yielded more frames than the ${wanted} that were found when it was opened`,
};
