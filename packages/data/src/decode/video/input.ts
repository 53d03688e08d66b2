/** How ffmpeg is told which frames of a file we mean: those that its decoder gives, in their order, whatever their times. */
import {dialectOnce, runFfmpeg, type FfmpegResult} from '../ffmpeg.js';

/** Ends at the first damage. */
export const STRICT = ['-v', 'error', '-xerror', '-err_detect', 'explode'];

/**
 * The first stream of pictures that is no cover, without what the container says about how to show it.
 * With an edit list some packets are decoded and thrown away, and their count would not be the frames' count.
 */
export async function inputArgs(path: string): Promise<string[]> {
  const hasEdits = /\.(mp4|mov|m4v)$/i.test(path);
  return [
    ...(hasEdits ? ['-ignore_editlist', '1'] : []),
    ...['-noautorotate', ...(await dialectOnce()).uncropped, '-i', path],
    ...['-map', behindCovers.has(path) ? '0:V' : '0:V:0'],
  ];
}

/** Files whose covers come first, where ffmpeg is so old that it counts these. */
const behindCovers = new Set<string>();

/**
 * Runs ffmpeg on a video.
 * @param args those of {@link inputArgs} among them
 * @throws as {@link runFfmpeg}
 */
export async function runOnVideo(
  path: string,
  args: () => Promise<string[]>,
  onOutput?: (chunk: Uint8Array) => void,
): Promise<FfmpegResult> {
  const result = await runFfmpeg(await args(), onOutput);
  if (result.exitCode === 0 || result.bytes > 0 || behindCovers.has(path)) return result;
  if (!(await dialectOnce()).countsCovers) return result;
  behindCovers.add(path);
  const again = await runFfmpeg(await args(), onOutput);
  if (again.bytes === 0) behindCovers.delete(path);
  return again;
}

/**
 * As {@link inputArgs}, with the number of each frame in place of its time. Filters know frames by it: their own count begins anew where
 * the format of the pictures changes within a stream.
 */
export const numberedInput = async (path: string) => ['-r', '25', ...(await inputArgs(path))];

/** Filters, and frames as raw bytes to the standard output; each that comes out of the filters once. */
export async function rawOutput(filters: readonly string[], pixels: string, frames?: number) {
  return [
    ...['-vf', filters.join(','), ...(await dialectOnce()).everyFrame],
    ...(frames === undefined ? [] : ['-frames:v', String(frames)]),
    ...['-pix_fmt', pixels, '-f', 'rawvideo', '-'],
  ];
}

/** Ends ffmpeg where the decoder gives frames of another size: they would be scaled, or misread. */
export const onlySize = ({width, height}: {width: number; height: number}) =>
  `crop=w='if(eq(iw,${width})*eq(ih,${height}),iw,0)':h=ih:x=0:y=0:exact=1`;

/** Lets some frames pass, by number: single ones, or spans of several. */
export const onlyFrames = (spans: readonly (readonly [first: number, last: number])[]) =>
  `select='${spans.map(([first, last]) => (first === last ? `eq(pts,${first})` : `between(pts,${first},${last})`)).join('+')}'`;

// Accurate rounding makes the colours independent of the processor.
/** To RGB, in the video's own size. */
export const TO_RGB = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24';
