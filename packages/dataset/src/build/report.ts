/** `build.json`: the clips, their sources, and what was left out. */
import {readdir, readFile} from 'node:fs/promises';
import {join, relative, resolve, sep} from 'node:path';
import type {Split} from '@rife-train/data';
import {buildOther, buildWriteFailed, messageOf} from '@rife-train/errors';
import {replaceFile} from '@rife-train/files';
import type {BuildSettings} from './options.js';
import type {Reason} from './scenes.js';
import type {LeftOut, Window} from './windows.js';

export const REPORT_NAME = 'build.json';

/** An examined video. */
export interface BuiltVideo {
  /** Path relative to the output folder, with `/`. */
  source: string;
  /** Prefix of the names of its scenes. */
  name: string;
  /** Bytes of the file. */
  bytes: number;
  frames: number;
  /** Pixels. */
  width: number;
  height: number;
  /** Frames per second, from the usual step between frames. */
  fps: number;
  /** Whether steps differ by more than rounding explains. */
  variableRate: boolean;
  /** Scenes found, including those without a clip. */
  scenes: number;
  clips: number;
  /** Frames that are in no clip, by reason. */
  leftOutFrames: Partial<Record<Reason, number>>;
  /** The same, as spans. */
  leftOut: LeftOut[];
  /** Why the whole video is left out. */
  error?: {code: string; message: string};
}

/** A clip. */
export interface BuiltClip extends Omit<Window, 'scene'> {
  /** Path below the output folder: `train/<scene>/<clip>`, with the ending of a video. */
  path: string;
  split: Split;
  /** Name of the scene. */
  scene: string;
  /** The video's `source`. */
  source: string;
  frames: number;
  /** Time of its first frame in the video, seconds. */
  seconds: number;
}

/** Content of `build.json`. */
export interface BuildReport {
  version: 1;
  /** False while clips are being written, and after an interruption. */
  finished: boolean;
  settings: BuildSettings;
  videos: BuiltVideo[];
  clips: BuiltClip[];
}

export const sourceOf = (out: string, path: string) => relative(out, path).split(sep).join('/');
export const pathOf = (out: string, source: string) => resolve(out, source);

const isFilled = (folder: string) =>
  readdir(folder).then(
    names => names.length > 0,
    () => false,
  );

function parse(out: string, text: string): BuildReport {
  try {
    const report = JSON.parse(text) as BuildReport;
    if (report.version !== 1 || !Array.isArray(report.clips) || !Array.isArray(report.videos))
      throw new Error('it is of another version');
    return report;
  } catch (error) {
    throw buildOther(out, `its ${REPORT_NAME} can't be used (${messageOf(error)})`);
  }
}

/**
 * Report of an earlier build in a folder; undefined if there is none.
 * @throws RIFE_ERR_DATA_BUILD_OTHER if its settings differ, or the folder holds other clips
 */
export async function readEarlier(out: string, settings: BuildSettings): Promise<BuildReport | undefined> {
  const text = await readFile(join(out, REPORT_NAME), 'utf8').catch(() => undefined);
  if (text === undefined) {
    const foreign = (await isFilled(join(out, 'train'))) || (await isFilled(join(out, 'val')));
    if (foreign) throw buildOther(out, 'it holds clips that no build made');
    return undefined;
  }
  const earlier = parse(out, text);
  for (const [name, value] of Object.entries(settings)) {
    const before = JSON.stringify(earlier.settings[name as keyof BuildSettings]);
    if (before !== JSON.stringify(value))
      throw buildOther(out, `it was built with ${name} ${before}, and now it is ${JSON.stringify(value)}`);
  }
  return earlier;
}

/** Replaces `build.json` in one step. @throws RIFE_ERR_DATA_BUILD_WRITE */
export async function writeReport(out: string, report: BuildReport): Promise<void> {
  const path = join(out, REPORT_NAME);
  try {
    await replaceFile(path, `${JSON.stringify(report, null, 1)}\n`);
  } catch (error) {
    throw buildWriteFailed(path, messageOf(error), error);
  }
}
