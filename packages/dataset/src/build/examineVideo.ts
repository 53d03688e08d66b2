/** One video: which of its frames become clips. */
import {faultOf, timingOf, type Fault, type Timing} from '@rife-train/data/parts';
import {buildNoScene, isRifeError, type RifeError} from '@rife-train/errors';
import {VideoLook, type Looked} from './look.js';
import type {BuildSettings} from './options.js';
import {findScenes, REASONS, type Reason} from './scenes.js';
import {decodedTimes, fitTo, lookFrames, openSource, type SourceInfo} from './source.js';
import {chooseWindows, leftOutOf, type LeftOut, type Window} from './windows.js';

/** A video and its clips. */
export interface VideoPlan {
  source: SourceInfo;
  /** Frames that were decoded. */
  frames: number;
  timing: Timing;
  scenes: number;
  windows: Window[];
  leftOut: LeftOut[];
  /** Why the rest of the video is not used, if so. */
  ended?: string;
  /** RIFE_ERR_DATA_BUILD_SHORT if there are no clips. */
  error?: RifeError;
}

/** Frames by reason, most frequent first. */
export function countLeftOut(leftOut: readonly LeftOut[]): Partial<Record<Reason, number>> {
  const counts = new Map<Reason, number>();
  for (const {reason, frames} of leftOut) counts.set(reason, (counts.get(reason) ?? 0) + frames);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** `120 static, 30 in fades`. */
export const leftOutText = (counts: Partial<Record<Reason, number>>) =>
  Object.entries(counts)
    .map(([reason, count]) => `${count} ${REASONS[reason as Reason]}`)
    .join(', ');

/** Looks at all frames, up to a change of size: later frames are from another film. */
async function lookAll(
  source: SourceInfo,
  onFrames: (done: number) => void,
): Promise<{looked: Looked; ended?: Fault}> {
  const {size, pictures} = await lookFrames(source);
  const look = new VideoLook(size);
  let done = 0;
  try {
    for await (const picture of pictures) {
      look.push(picture);
      onFrames(++done);
    }
  } catch (error) {
    if (!isRifeError(error) || error.code !== 'RIFE_ERR_DATA_BUILD_VIDEO' || done === 0) throw error;
    const ended = await faultOf(source.path);
    if (!ended.resized) throw error;
    return {looked: look.finish(), ended};
  }
  return {looked: look.finish()};
}

/**
 * Times of the frames. If packets and frames do not match one to one, the times come from the
 * decoder, or are interpolated.
 */
async function timesOf({path, times}: SourceInfo, frames: number, isWhole: boolean): Promise<number[]> {
  if (times.length === frames) return times;
  const decoded = await decodedTimes(path, frames);
  if (decoded) return decoded;
  if (!isWhole) return times.slice(0, frames);
  const step = (times.at(-1)! - times[0]!) / Math.max(1, times.length - 1);
  return Array.from({length: frames}, (_, i) => times[0]! + i * step);
}

/**
 * Decodes a video once, and finds its scenes and the clips in them.
 * @param onFrames called with the number of examined frames and the approximate total
 * @throws RIFE_ERR_DATA_BUILD_VIDEO, RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_FFMPEG
 */
export async function examineVideo(
  path: string,
  settings: BuildSettings,
  onFrames: (done: number, frames: number) => void,
): Promise<VideoPlan> {
  const opened = await openSource(path);
  fitTo(opened, settings.size);
  const {looked, ended} = await lookAll(opened, done => onFrames(done, opened.times.length));
  const source = {...opened, times: await timesOf(opened, looked.frames, !ended)};
  const timing = timingOf(source.times);
  const found = findScenes(looked, timing.uneven, settings);
  const windows = chooseWindows(found, looked.motion, settings);
  const leftOut = leftOutOf(found, windows, settings.length);
  const plan = {
    ...{source, frames: looked.frames, timing, scenes: found.scenes.length, windows, leftOut},
    ...(ended && {ended: ended.reason}),
  };
  if (windows.length > 0) return plan;
  const why = `of ${looked.frames} frames, ${leftOutText(countLeftOut(leftOut))}`;
  return {...plan, error: buildNoScene(path, settings.length, why)};
}
