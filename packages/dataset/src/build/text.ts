/** The output of `data build` as text. */
import {plural, printable} from '@rife-train/errors';
import {basename} from 'node:path';
import {table} from '../text.js';
import type {BuildResult} from './build.js';
import {leftOutText} from './examineVideo.js';
import type {BuildProgress} from './options.js';
import type {BuiltClip, BuiltVideo} from './report.js';

/** Clips that a dry run prints; the file of --json has all. */
const LISTED = 40;

/** `Looking at a.mp4 (1 of 2): 30 of 600 frames`. */
export const progressText = ({stage, video, index, videos, done, frames}: BuildProgress) =>
  `${stage === 'look' ? 'Looking at' : 'Writing clips of'} ${printable(basename(video))} (${index} of ${videos}): ${done} of ${frames} frames`;

function videoLines({source, frames, fps, variableRate, scenes, clips, leftOutFrames, error}: BuiltVideo) {
  const rate = `${fps.toFixed(2)} a second${variableRate ? ' (variable)' : ''}`;
  const facts = error
    ? 'left out'
    : `${plural(frames, 'frame')}, ${rate}, ${plural(scenes, 'scene')}: ${plural(clips, 'clip')}`;
  const left = leftOutText(leftOutFrames);
  return [`${source}: ${facts}`, ...(left ? [`  frames left out: ${left}`] : [])];
}

function clipRows(clips: readonly BuiltClip[]): string[] {
  const rows = clips
    .slice(0, LISTED)
    .map(({path, first, frames, seconds, motion, sharpness, score}) => [
      path,
      `${first}-${first + frames - 1}`,
      seconds.toFixed(2),
      motion.toFixed(1),
      sharpness.toFixed(2),
      score.toFixed(2),
    ]);
  const rest = clips.length - LISTED;
  const lines = table(['clip', 'frames', 'seconds', 'motion', 'sharpness', 'score'], rows);
  return ['', ...lines, ...(rest > 0 ? [`and ${rest} more`] : [])];
}

/** Clips and scenes of each split. */
function splitText(clips: readonly BuiltClip[]): string {
  const parts = (['train', 'val'] as const).map(split => {
    const own = clips.filter(clip => clip.split === split);
    return `${split} ${plural(own.length, 'clip')} of ${plural(new Set(own.map(({scene}) => scene)).size, 'scene')}`;
  });
  return parts.join(', ');
}

/** Explains why nothing is held back for validation. */
const valText = ({report: {clips, settings}}: BuildResult) =>
  settings.val > 0 && clips.every(({split}) => split === 'train')
    ? [`Nothing is held back for validation: all clips are of one ${settings.splitBy}.`]
    : [];

/** The whole report, without a final line end. */
export function buildText(result: BuildResult, out: string, isDry: boolean): string {
  const {report, sources, written, kept} = result;
  const {videos, clips, settings} = report;
  const own = clips.filter(({source}) => sources.includes(source));
  const head = isDry
    ? `Would write ${plural(own.length, 'clip')} of ${settings.length} frames to ${out}`
    : `${out}: ${plural(written, 'clip')} of ${settings.length} frames written, ${kept} were there`;
  const lines = [
    ...videos.filter(({source}) => sources.includes(source)).flatMap(videoLines),
    ...(isDry ? clipRows(own) : []),
    ...['', head, `In all: ${splitText(clips)}`],
    ...valText(result),
  ];
  return lines.map(printable).join('\n');
}
