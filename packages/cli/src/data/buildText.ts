/** The report of `data build` as text. */
import {leftOutText, type BuildResult, type BuiltClip, type BuiltVideo} from '@rife-train/data';
import {table} from '../weights/table.js';
import {printable} from './doctorText.js';

/** Clips that a dry run lists; the file of --json has all. */
const LISTED = 40;

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

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

/** Why nothing is held back though it was asked for. */
const valText = ({report: {clips, settings}}: BuildResult) =>
  settings.val > 0 && clips.every(({split}) => split === 'train')
    ? [`Nothing is held back for validation: all clips are of one ${settings.splitBy}.`]
    : [];

/** All of it, without a line end behind it. */
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
