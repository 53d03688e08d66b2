/** The size of each frame, from the decoder. */
import {numberedInput, rawOutput, runOnVideo, STRICT} from './input.js';

// One pixel per frame, whose four bytes encode the frame's sides. Its format is the same for all
// frames, so that ffmpeg does not scale frames of another format to the first.
const SIDES = [
  'format=rgba',
  "lutrgb=r='floor(w/256)':g='mod(w,256)':b='floor(h/256)':a='mod(h,256)'",
  'crop=1:1:0:0',
];
const BYTES = 4;

/** Frames of one size in a row. */
export interface SizedFrames {
  width: number;
  height: number;
  frames: number;
}

/** What the decoder output. */
export interface Measured {
  /** Frames in all. */
  frames: number;
  /** Runs of frames of one size, in order. */
  sizes: SizedFrames[];
  /** True when the decoder reached the end, or the limit, without an error. */
  whole: boolean;
}

/**
 * Decodes a video up to its first damage, and measures each frame.
 * @param limit frames at most
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function measureFrames(path: string, limit?: number): Promise<Measured> {
  const sizes: SizedFrames[] = [];
  const [pixel, filled] = [new Uint8Array(BYTES), {bytes: 0}];
  const add = () => {
    const [width, height] = [pixel[0]! * 256 + pixel[1]!, pixel[2]! * 256 + pixel[3]!];
    const last = sizes.at(-1);
    if (last?.width === width && last.height === height) last.frames++;
    else sizes.push({width, height, frames: 1});
  };
  const args = async () => [
    ...[...STRICT, '-threads', '1', ...(await numberedInput(path))],
    ...(await rawOutput(SIDES, 'rgba', limit)),
  ];
  const {exitCode} = await runOnVideo(path, args, chunk => {
    for (const byte of chunk) {
      pixel[filled.bytes++ % BYTES] = byte;
      if (filled.bytes % BYTES === 0) add();
    }
  });
  const frames = sizes.reduce((sum, part) => sum + part.frames, 0);
  return {frames, sizes, whole: exitCode === 0 && frames > 0};
}
