/**
 * ffmpeg options that select frames by number: as the decoder outputs them, in order, whatever
 * their times.
 */
import {dialectOnce} from '../ffmpeg.js';
import {runFfmpeg, type FfmpegResult} from '../runFfmpeg.js';

/** Stop at the first damage. */
export const STRICT = ['-v', 'error', '-xerror', '-err_detect', 'explode'];

/**
 * Containers and streams of video. Not among them, because their content makes ffmpeg open other
 * files or addresses: playlists (HLS, DASH), concat scripts, session descriptions (SDP), image
 * sequences, and everything that is not a file.
 */
const FORMATS = [
  ...['mov', 'matroska', 'webm', 'avi', 'mpeg', 'mpegvideo', 'mpegts', 'asf', 'flv', 'ogg', 'mxf'],
  ...['yuv4mpegpipe', 'dv', 'gif', 'ivf', 'nut', 'h264', 'hevc', 'vvc', 'obu', 'av1', 'm4v'],
].join(',');

/**
 * Input options that let ffmpeg open this file and nothing else. With the protocol, a name is never
 * an option or an address.
 */
export const onlyFile = (path: string) => [
  ...['-protocol_whitelist', 'file', '-format_whitelist', FORMATS],
  ...['-i', `file:${path}`],
];

/**
 * Input options for the first video stream that is not a cover picture, without the container's
 * display settings. With an edit list, some packets would be decoded and dropped, so that packets
 * and frames would not match.
 */
export async function inputArgs(path: string): Promise<string[]> {
  const hasEdits = /\.(mp4|mov|m4v)$/i.test(path);
  return [
    ...(hasEdits ? ['-ignore_editlist', '1'] : []),
    ...['-noautorotate', ...(await dialectOnce()).uncropped, ...onlyFile(path)],
    ...['-map', behindCovers.has(path) ? '0:V' : '0:V:0'],
  ];
}

/** Files whose covers come before the video, for old versions of ffmpeg that count them. */
const behindCovers = new Set<string>();

/**
 * Runs ffmpeg on a video.
 * @param args options, including those of {@link inputArgs}
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
 * As {@link inputArgs}, with the frame number in place of the time. Filters select by it, because
 * their own frame count restarts when the picture format changes within a stream.
 */
export const numberedInput = async (path: string) => ['-r', '25', ...(await inputArgs(path))];

/** Output options: filters, and frames as raw bytes on standard output, each exactly once. */
export async function rawOutput(filters: readonly string[], pixels: string, frames?: number) {
  return [
    ...['-vf', filters.join(','), ...(await dialectOnce()).everyFrame],
    ...(frames === undefined ? [] : ['-frames:v', String(frames)]),
    ...['-pix_fmt', pixels, '-f', 'rawvideo', '-'],
  ];
}

/** Stops ffmpeg at a frame of another size, which would be scaled or misread. */
export const onlySize = ({width, height}: {width: number; height: number}) =>
  `crop=w='if(eq(iw,${width})*eq(ih,${height}),iw,0)':h=ih:x=0:y=0:exact=1`;

/** Selects frames by number: single frames or spans. */
export const onlyFrames = (spans: readonly (readonly [first: number, last: number])[]) =>
  `select='${spans.map(([first, last]) => (first === last ? `eq(pts,${first})` : `between(pts,${first},${last})`)).join('+')}'`;

// Accurate rounding makes the colours independent of the processor.
/** To RGB, in the video's own size. */
export const TO_RGB = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24';
