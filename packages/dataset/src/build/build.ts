/** Cuts videos into clips. */
import {rm, stat} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import type {Split} from '@rife-train/data';
import {buildNothing, buildOther, buildWriteFailed, isRifeError, messageOf} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import {countLeftOut, examineVideo, type VideoPlan} from './examineVideo.js';
import {findVideos, nameVideos} from './inputs.js';
import {resolveBuild, type BuildOptions, type BuildSettings} from './options.js';
import {
  pathOf,
  readEarlier,
  sourceOf,
  writeReport,
  type BuildReport,
  type BuiltClip,
  type BuiltVideo,
} from './report.js';
import {Remembered, type Entry} from './remembered.js';
import {splitGroups} from './split.js';
import {checkEncoder} from './writeClip.js';
import {writeVideoClips} from './writeVideo.js';

/** Result of a build. */
export interface BuildResult {
  /** Content of `build.json`; in a dry run, what it would be. */
  report: BuildReport;
  /** Sources of this run's videos; the report also has those of earlier runs. */
  sources: string[];
  /** Clips written, and clips that existed already. Both are 0 in a dry run. */
  written: number;
  kept: number;
}

/** Codes of faults of a single video; the others are still built. */
const VIDEO_FAULTS = /^RIFE_ERR_DATA_(BUILD_VIDEO|BUILD_SHORT|FILE)$/;

const round = (value: number, digits: number) => Number(value.toFixed(digits));

function entryOf(plan: VideoPlan, source: string, name: string, {length}: BuildSettings): Entry {
  const {bytes, width, height, times} = plan.source;
  const digits = Math.max(3, String(plan.scenes).length);
  const clips = plan.windows.map(({scene, first, score, motion, sharpness}) => ({
    scene: `${name}-${String(scene + 1).padStart(digits, '0')}`,
    ...{source, first, frames: length, seconds: round(times[first]!, 3)},
    ...{score: round(score, 3), motion: round(motion, 2), sharpness: round(sharpness, 3)},
  }));
  const video: BuiltVideo = {
    ...{source, name, bytes, frames: plan.frames, width, height},
    ...{fps: round(plan.timing.fps, 3), variableRate: plan.timing.isVariable},
    ...{scenes: plan.scenes, clips: clips.length},
    ...{leftOutFrames: countLeftOut(plan.leftOut), leftOut: plan.leftOut},
    ...(plan.error && {error: {code: plan.error.code, message: plan.error.message}}),
  };
  return {video, clips};
}

const emptyEntry = (source: string, name: string, code: string, message: string): Entry => ({
  video: {
    ...{source, name, bytes: 0, frames: 0, width: 0, height: 0, fps: 0, variableRate: false},
    ...{scenes: 0, clips: 0, leftOutFrames: {}, leftOut: [], error: {code, message}},
  },
  clips: [],
});

/**
 * The entry of a video from an earlier build, unless the video could not be used. @throws
 * RIFE_ERR_DATA_BUILD_OTHER when it has changed
 */
async function knownEntry(path: string, {out, earlier, remembered}: Context): Promise<Entry | undefined> {
  const source = sourceOf(out, path);
  const {size} = await stat(path);
  const video = earlier?.videos.find(one => one.source === source && !one.error);
  if (!video) return remembered?.find(source, size);
  if (size !== video.bytes) throw buildOther(out, `"${path}" has changed since its clips were made`);
  return {video, clips: earlier!.clips.filter(clip => clip.source === source)};
}

const FIRST_DIGITS = 6;

/**
 * Clips with their split and path. Clips of an earlier build stay in their split, so that no scene
 * gets into both.
 */
function place(entries: readonly Entry[], settings: BuildSettings, earlier: BuildReport | undefined) {
  const {splitBy, val, seed, format} = settings;
  const groupOf = ({scene, source}: {scene: string; source: string}) =>
    splitBy === 'scene' ? scene : source;
  const known = new Map<string, Split>(earlier?.clips.map(clip => [groupOf(clip), clip.split]));
  const clips = entries.flatMap(entry => entry.clips);
  const splits = splitGroups(clips.map(groupOf), val, seed, known);
  return clips.map((clip): BuiltClip => {
    const split = splits.get(groupOf(clip))!;
    const file = String(clip.first).padStart(FIRST_DIGITS, '0') + (format === 'mp4' ? '.mp4' : '');
    return {path: `${split}/${clip.scene}/${file}`, split, ...clip};
  });
}

/** Folder of unfinished clips; hidden, so that no scan finds it. */
const ASIDE = '.build';

/** Checks before hours of work that the folder is writable. @throws RIFE_ERR_DATA_BUILD_WRITE */
async function prepare(out: string): Promise<string> {
  const aside = join(out, ASIDE);
  try {
    await rm(aside, {recursive: true, force: true});
    makeFolder(aside);
  } catch (error) {
    throw buildWriteFailed(aside, messageOf(error), error);
  }
  return aside;
}

/** Shared by all videos of a build. */
interface Context {
  out: string;
  settings: BuildSettings;
  earlier: BuildReport | undefined;
  /** Absent in a dry run. */
  remembered: Remembered | undefined;
}

/**
 * Examines a video, unless its entry is known. An unusable video gives a warning and an entry
 * without clips.
 */
async function entryFor(
  path: string,
  name: string,
  context: Context,
  warn: (text: string) => void,
  onFrames: (done: number, frames: number) => void,
): Promise<Entry> {
  const source = sourceOf(context.out, path);
  try {
    const known = await knownEntry(path, context);
    if (known) return known;
    const plan = await examineVideo(path, context.settings, onFrames);
    if (plan.error) warn(plan.error.message);
    if (plan.ended !== undefined) warn(endText(path, plan.frames, plan.ended));
    if (plan.timing.isVariable) warn(rateText(path, plan));
    const entry = entryOf(plan, source, name, context.settings);
    if (!plan.error) await context.remembered?.add(entry);
    return entry;
  } catch (error) {
    if (!isRifeError(error) || !VIDEO_FAULTS.test(error.code)) throw error;
    warn(error.message);
    return emptyEntry(source, name, error.code, error.message);
  }
}

/** Examines all videos, one after another. */
async function examineAll(
  paths: readonly string[],
  context: Context,
  {warn = () => {}, onProgress}: BuildOptions,
): Promise<Entry[]> {
  const {earlier, out, remembered} = context;
  const before = [...(remembered?.videos ?? []), ...(earlier?.videos ?? [])];
  const known = new Map(before.map(({source, name}) => [pathOf(out, source), name]));
  const names = nameVideos(paths, known);
  const entries: Entry[] = [];
  for (const [i, path] of paths.entries()) {
    const progress = {stage: 'look', video: path, index: i + 1, videos: paths.length} as const;
    const onFrames = (done: number, frames: number) => onProgress?.({...progress, done, frames});
    entries.push(await entryFor(path, names.get(path)!, context, warn, onFrames));
  }
  return entries;
}

const rateText = (path: string, {timing: {uneven, fps}}: VideoPlan) =>
  `"${path}" has a variable frame rate (mostly ${fps.toFixed(2)} a second): frames are used as they are, and no clip contains any of the ${uneven.length} uneven steps.`;

const endText = (path: string, frames: number, why: string) =>
  `"${path}" is used up to frame ${frames - 1}: ${why}. To use the frames after it, cut them out with ffmpeg into a video of their own.`;

/** The report on the whole folder: videos of this run and of earlier ones. */
function reportOf(settings: BuildSettings, entries: readonly Entry[], earlier: BuildReport | undefined) {
  const sources = entries.map(({video}) => video.source);
  const isOther = ({source}: {source: string}) => !sources.includes(source);
  const report: BuildReport = {
    ...{version: 1, finished: false, settings},
    videos: [...(earlier?.videos.filter(isOther) ?? []), ...entries.map(({video}) => video)],
    clips: [...(earlier?.clips.filter(isOther) ?? []), ...place(entries, settings, earlier)],
  };
  return {report, sources};
}

/**
 * Cuts videos into clips of one length, in the layout that `scanClips` reads: no cut, fade, static,
 * blurred or black part, and no repeated frame in them. Frames are bit-identical to decoded ones,
 * unless a size is given. Existing clips are kept, so that an interrupted build continues where it
 * stopped.
 * @throws RIFE_ERR_DATA_BUILD_OPTION, _INPUT, _NOTHING, _WRITE, _OTHER, _ENCODER;
 * RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_FFMPEG
 */
export async function buildClips(options: BuildOptions): Promise<BuildResult> {
  const settings = resolveBuild(options);
  const out = resolve(options.out);
  const paths = await findVideos(options.inputs, out);
  const earlier = await readEarlier(out, settings);
  if (settings.format === 'mp4') await checkEncoder();
  const aside = options.dryRun ? undefined : await prepare(out);
  const remembered = aside === undefined ? undefined : await Remembered.open(out, settings);
  try {
    const entries = await examineAll(paths, {out, settings, earlier, remembered}, options);
    const {report, sources} = reportOf(settings, entries, earlier);
    const first = entries[0]!.video.error?.message ?? '';
    if (entries.every(({clips}) => clips.length === 0)) throw buildNothing(paths.length, first);
    if (aside === undefined) return {report, sources, written: 0, kept: 0};
    await writeReport(out, report);
    await remembered?.forget();
    const counts = await writeVideoClips(report, sources, out, aside, options.onProgress);
    report.finished = true;
    await writeReport(out, report);
    return {report, sources, ...counts};
  } finally {
    if (aside !== undefined) await rm(aside, {recursive: true, force: true}).catch(() => {});
  }
}
