/** One video: which of its frames become clips. */
import {buildNoScene, type RifeError} from '@rife-train/errors';
import {VideoLook, type Looked} from './look.js';
import type {BuildSettings} from './options.js';
import {findScenes, REASONS, type Reason} from './scenes.js';
import {fitTo, lookFrames, openSource, type SourceInfo} from './source.js';
import {timingOf, type Timing} from './times.js';
import {chooseWindows, leftOutOf, type LeftOut, type Window} from './windows.js';

/** A video, and the clips that it gives. */
export interface VideoPlan {
  source: SourceInfo;
  /** Frames that were decoded. */
  frames: number;
  timing: Timing;
  scenes: number;
  windows: Window[];
  leftOut: LeftOut[];
  /** RIFE_ERR_DATA_BUILD_SHORT, where it gives none. */
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

async function lookAll(source: SourceInfo, onFrames: (done: number) => void): Promise<Looked> {
  const {size, pictures} = lookFrames(source);
  const look = new VideoLook(size);
  let done = 0;
  for await (const picture of pictures) {
    look.push(picture);
    onFrames(++done);
  }
  return look.finish();
}

/** A file whose packets are not its frames one by one tells no times that could be held against these. */
const timesOf = ({times}: SourceInfo, frames: number): readonly number[] => {
  if (times.length === frames) return times;
  const step = (times.at(-1)! - times[0]!) / Math.max(1, times.length - 1);
  return Array.from({length: frames}, (_, i) => times[0]! + i * step);
};

/**
 * Decodes a video once, and finds its scenes and the clips in them.
 * @param onFrames told how many frames were looked at, of about how many
 * @throws RIFE_ERR_DATA_BUILD_VIDEO, RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_FFMPEG
 */
export async function examineVideo(
  path: string,
  settings: BuildSettings,
  onFrames: (done: number, frames: number) => void,
): Promise<VideoPlan> {
  const opened = await openSource(path);
  fitTo(opened, settings.size);
  const looked = await lookAll(opened, done => onFrames(done, opened.times.length));
  const source = {...opened, times: [...timesOf(opened, looked.frames)]};
  const timing = timingOf(source.times);
  const found = findScenes(looked, timing.uneven, settings);
  const windows = chooseWindows(found, looked.motion, settings);
  const leftOut = leftOutOf(found, windows, settings.length);
  const plan = {source, frames: looked.frames, timing, scenes: found.scenes.length, windows, leftOut};
  if (windows.length > 0) return plan;
  const why = `of ${looked.frames} frames, ${leftOutText(countLeftOut(leftOut))}`;
  return {...plan, error: buildNoScene(path, settings.length, why)};
}
